// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Bullets;
using document::Cell;
using document::Figure;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr std::size_t kDriversInChart = 12;
constexpr std::size_t kDifferences = 4;
constexpr double kHeatStep = 0.08;  ///< of a share

/// Groups with results: all customers, and segments.
std::vector<const Input*> groups_of(const Input& analysis, int segments) {
  std::vector<const Input*> groups;
  for (const Input& group : list(analysis, "groups")) {
    if (segments == 1 && !groups.empty()) break;  // the segment is all customers
    if (text(group, "problem").empty() && !list(group, "drivers").empty()) groups.push_back(&group);
  }
  return groups;
}

/// Drivers by their share among all customers, the strongest first.
std::vector<std::size_t> order_of(const Input& columns, const std::vector<const Input*>& groups) {
  std::vector<std::size_t> order(columns.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto share = [&](std::size_t driver) {
    const double value = number(element(list(*groups.front(), "drivers"), driver), "share");
    return std::isnan(value) ? -1.0 : value;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return share(a) > share(b); });
  return order;
}

Figure share_figure(const Subject& subject, const Input& analysis, const std::vector<const Input*>& groups,
                    const std::vector<std::size_t>& order, std::size_t index) {
  const Input& columns = list(analysis, "columns");
  const std::size_t shown = std::min(order.size(), kDriversInChart);
  Figure figure;
  figure.id = fmt::format("drivers-{}", index);
  figure.title = say("What goes with {}", {document::name(text(analysis, "outcome"))});
  figure.description =
      "For each driver a strip with one numbered dot per segment: the share of the explained differences that it "
      "accounts for. The table below has the numbers.";
  figure.rows = static_cast<int>(shown) + 3;
  figure.spec = {{"kind", "dots"}, {"format", "percent"},     {"x", "share of what the drivers explain"},
                 {"zero", true},   {"labels", Json::array()}, {"series", Json::array()}};
  Table& table = figure.table;
  table.heat_map = true;
  table.caption = say("Share of each driver in what they explain of {}", {document::name(text(analysis, "outcome"))});
  table.columns = {{say("Driver"), false}};
  for (std::size_t i = 0; i < shown; ++i) {
    figure.spec["labels"].push_back(document::visible_text(document::name(text(columns[order[i]]))));
  }
  const auto table_rows = std::min(order.size(), static_cast<std::size_t>(subject.limits().driver_rows) / groups.size() + 4);
  for (std::size_t i = 0; i < table_rows; ++i) table.rows.push_back({text_cell({document::name(text(columns[order[i]]))})});
  for (const Input* group : groups) {
    const int segment = segment_number(*group, "segment", subject.k());
    table.columns.push_back({{subject.short_mention(segment)}});
    Json values = Json::array();
    for (std::size_t i = 0; i < table_rows; ++i) {
      const Input& driver = element(list(*group, "drivers"), order[i]);
      Cell cell = value_cell(number(driver, "share"), Format::share);
      cell.heat = std::isnan(cell.value) ? Cell::kNoHeat : heat_of(cell.value, kHeatStep);
      const std::string interval = interval_words(member(driver, "share_interval"), Format::share);
      cell.explanation = fmt::format(
          "{}correlation {}, standardized coefficient {}", interval.empty() ? "" : "95% interval " + interval + "; ",
          text::number(number(driver, "correlation"), 2), text::number(number(driver, "coefficient"), 2));
      table.rows[i].push_back(std::move(cell));
      if (i < shown) values.push_back(chart_value(number(driver, "share")));
    }
    if (std::ssize(figure.spec["series"]) <= subject.limits().segments_in_chart) {
      figure.spec["series"].push_back(
          {{"name", subject.label(segment)}, {"segment", segment < 0 ? Json(nullptr) : Json(segment)}, {"values", values}});
    }
  }
  table.note = left_out(order.size(), table_rows, "drivers", "drivers.csv");
  return figure;
}

std::vector<const Input*> by_share(const Input& drivers) {
  std::vector<const Input*> order;
  for (const Input& driver : drivers) order.push_back(&driver);
  const auto share = [](const Input* driver) {
    const double value = number(*driver, "share");
    return std::isnan(value) ? -1.0 : value;
  };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return share(a) > share(b); });
  return order;
}

/// Importance against performance, in one segment.
Figure quadrant_figure(const Subject& subject, const Input& group, std::size_t index) {
  const int segment = segment_number(group, "segment", subject.k());
  Figure figure;
  figure.id = fmt::format("quadrant-{}-{}", index, segment);
  figure.title = say("{}: importance and performance", {subject.mention(segment)});
  figure.description =
      "Each driver by its importance (to the right) and the segment's average in it compared with all customers "
      "(upwards). Lower right: important, and below average. The table below has the numbers.";
  figure.rows = 11;
  figure.table.caption = say("Drivers in {}", {subject.mention(segment)});
  figure.table.collapsed = true;
  figure.table.columns = {{say("Driver"), false},      {say("Share")},       {say("95% interval")},   {say("Average")},
                          {say("Against all, in sd")}, {say("Correlation")}, {say("Reads as"), false}};
  Json points = Json::array();
  double sum = 0.0;
  std::size_t measured = 0;
  for (const Input* entry : by_share(list(group, "drivers"))) {
    const Input& driver = *entry;
    const double share = number(driver, "share"), z = number(driver, "z");
    if (std::isnan(share)) continue;
    sum += share;
    ++measured;
    if (points.size() < kDriversInChart && !std::isnan(z)) {
      points.push_back({{"x", share}, {"y", z}, {"label", document::visible_text(document::name(text(driver, "column")))}});
    }
    if (figure.table.rows.size() == kDriversInChart) continue;
    figure.table.rows.push_back({text_cell({document::name(text(driver, "column"))}), value_cell(share, Format::share),
                                 words_cell(interval_words(member(driver, "share_interval"), Format::share)),
                                 value_cell(number(driver, "mean")), value_cell(z), value_cell(number(driver, "correlation")),
                                 text_cell({document::name(text(driver, "quadrant"))})});
  }
  figure.spec = {{"kind", "quadrant"},
                 {"format", "percent"},
                 {"x", "importance: share of what the drivers explain"},
                 {"y", "average against all customers, in standard deviations"},
                 {"segment", segment},
                 {"cross", {{"x", measured > 0 ? sum / static_cast<double>(measured) : 0.0}, {"y", 0.0}}},
                 {"corners", {"possible overkill", "keep up", "improve first", "low priority"}},
                 {"points", points}};
  return figure;
}

/// "In X, training accounts for 54 % of what the drivers explain of satisfaction."
Bullets statements(const Subject& subject, const std::vector<const Input*>& groups, const Input& columns) {
  Bullets bullets;
  for (const Input* group : groups) {
    if (std::ssize(bullets.items) > subject.limits().segments_in_chart) break;
    const Input& drivers = list(*group, "drivers");
    std::size_t strongest = drivers.size();
    for (std::size_t i = 0; i < drivers.size(); ++i) {
      const double share = number(drivers[i], "share");
      if (!std::isnan(share) && (strongest == drivers.size() || share > number(drivers[strongest], "share"))) strongest = i;
    }
    if (strongest == drivers.size()) continue;
    const Input& first = drivers[strongest];
    const std::string interval = interval_words(member(first, "share_interval"), Format::share);
    document::Prose prose = say(
        "{}: {} goes with it most, {} of what the drivers explain{}; together they explain {} of the differences between "
        "customers",
        {segment_number(*group, "segment", subject.k()) < 0 ? document::Span("All customers")
                                                            : subject.mention(segment_number(*group, "segment", subject.k())),
         document::name(text(element(columns, strongest))), document::strong(text::percent(number(first, "share"))),
         interval.empty() ? std::string() : " (" + interval + ")", text::percent(number(*group, "r_squared"))});
    const double gap = number(*group, "gap"), rest = number(*group, "gap_unexplained");
    if (segment_number(*group, "segment", subject.k()) >= 0 && !std::isnan(gap) && !std::isnan(rest)) {
      prose.emplace_back(fmt::format(". Gap to all customers: {}, of which the drivers account for {}", text::number(gap, 2),
                                     text::number(gap - rest, 2)));
    }
    prose.emplace_back(".");
    bullets.items.push_back(std::move(prose));
  }
  return bullets;
}

void add_differences(Section& section, const Subject& subject, const Input& analysis) {
  Bullets bullets;
  for (const Input& difference : list(analysis, "differences")) {
    if (bullets.items.size() == kDifferences) break;
    const int one = segment_number(difference, "segment", subject.k()),
              other = segment_number(difference, "other", subject.k());
    if (one < 0 || other < 0) continue;
    bullets.items.push_back(
        say("{} goes with it differently in {} (correlation {}) and {} ({}); {}.",
            {document::name(text(difference, "column")), subject.mention(one),
             text::number(number(difference, "correlation"), 2), subject.mention(other),
             text::number(number(difference, "other_correlation"), 2), p_words(member(difference, "test"))}));
  }
  if (!bullets.items.empty()) section.add(std::move(bullets));
}

/// Segments without results, and why.
void add_problems(Section& section, const Subject& subject, const Input& analysis) {
  Bullets bullets;
  for (const Input& group : list(analysis, "groups")) {
    const std::string problem = text(group, "problem");
    if (problem.empty() || std::ssize(bullets.items) == subject.limits().segments_in_chart) continue;
    bullets.items.push_back(say("{}: no drivers, {}.",
                                {subject.mention(segment_number(group, "segment", subject.k())), document::sentence(problem)}));
  }
  if (!bullets.items.empty()) section.add(std::move(bullets));
}

void add_outcome(Section& section, const Subject& subject, const Input& analysis, std::size_t index) {
  section.add(document::Heading{{document::name(text(analysis, "outcome"))}});
  const std::vector<const Input*> groups = groups_of(analysis, subject.k());
  if (groups.empty() || list(analysis, "columns").empty()) {
    const std::string problem = text(element(list(analysis, "groups"), 0), "problem");
    section.say(
        say("No drivers could be weighed{}.", {problem.empty() ? document::Span("") : document::sentence(": " + problem)}));
    return;
  }
  section.add(statements(subject, groups, list(analysis, "columns")));
  add_differences(section, subject, analysis);
  add_problems(section, subject, analysis);
  const std::string method = text(analysis, "method");
  if (!method.empty()) section.hint(say("Method: {}.", {document::sentence(method)}));
  section.add(share_figure(subject, analysis, groups, order_of(list(analysis, "columns"), groups), index));
  if (groups.size() > 1) {
    section.hint(
        say("Importance and performance: to the right is what goes with the outcome most, above the line where the segment's "
            "average is "
            "higher than that of all customers. The words in the corners are meant for ratings, where more is better; of other "
            "columns, "
            "such as age, they say only where to look."));
  }
  int shown = 0;
  for (const Input* group : groups) {
    if (segment_number(*group, "segment", subject.k()) < 0 || shown == subject.limits().quadrants) continue;
    section.add(quadrant_figure(subject, *group, index));
    ++shown;
  }
}

}  // namespace

Section drivers_section(const Subject& subject) {
  Section section("drivers", "What drives the results");
  const Input& drivers = list(subject.analysis(), "drivers");
  if (drivers.empty()) {
    section.say(say(
        "No drivers were weighed. They need an outcome, such as satisfaction or churn, named with {}, and columns of numbers "
        "beside it.",
        {document::code("--kpi NAME")}));
    return section;
  }
  section.hint(
      say("Drivers show what goes along with an outcome, all drivers considered together. That is where to look first; what "
          "causes a change, only a trial shows."));
  const auto shown = std::min(drivers.size(), static_cast<std::size_t>(subject.limits().outcomes));
  for (std::size_t i = 0; i < shown; ++i) add_outcome(section, subject, drivers[i], i);
  section.hint(left_out(drivers.size(), shown, "outcomes", "drivers.csv"));
  return section;
}

}  // namespace tessera::sections
