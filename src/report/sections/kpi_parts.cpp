// SPDX-License-Identifier: Apache-2.0
#include "report/sections/kpi_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.hpp"

namespace tessera::sections {

using document::Figure;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr std::size_t kMostPoints = 120;  ///< of a curve

void add_test(Section& section, const Input& kpi) {
  const std::string test = test_words(member(kpi, "test"));
  const std::string effect = effect_words(member(kpi, "effect"));
  if (!test.empty()) {
    section.hint(say("Any difference between segments: {}{}.", {test, effect.empty() ? std::string() : "; " + effect}));
  } else if (truth(kpi, "used_in_fit")) {
    section.hint(say("The segments were made from this column, among others: there is no test, because it would be circular{}.",
                     {effect.empty() ? std::string() : "; " + effect}));
  }
}

void add_pairs(Section& section, const Subject& subject, const Input& kpi, Format format) {
  const Input& pairs = list(kpi, "pairs");
  std::vector<const Input*> ordered;
  for (const Input& pair : pairs) {
    if (segment_number(pair, "segment", subject.k()) >= 0 && segment_number(pair, "other", subject.k()) >= 0)
      ordered.push_back(&pair);
  }
  if (ordered.empty()) return;
  const auto size = [](const Input* pair) {
    const double value = std::fabs(number(member(*pair, "effect"), "value"));
    return std::isnan(value) ? 0.0 : value;
  };
  const std::size_t shown = std::min(ordered.size(), static_cast<std::size_t>(subject.limits().pairs_per_kpi));
  if (shown < ordered.size())
    std::stable_sort(ordered.begin(), ordered.end(), [&](auto a, auto b) { return size(a) > size(b); });
  Table table;
  table.caption = say("{}: every segment against every other", {document::name(text(kpi, "name"))});
  table.collapsed = true;
  table.columns = {{say("Segment"), false}, {say("against"), false}, {say("Difference")},
                   {say("95% interval")},   {say("Effect")},         {say("Test")}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Input& pair = *ordered[i];
    table.rows.push_back({text_cell({subject.mention(segment_number(pair, "segment", subject.k()))}),
                          text_cell({subject.mention(segment_number(pair, "other", subject.k()))}),
                          value_cell(number(pair, "difference"), format),
                          words_cell(interval_words(member(pair, "interval"), format)), effect_cell(member(pair, "effect")),
                          words_cell(p_words(member(pair, "test")), test_words(member(pair, "test")))});
  }
  table.note = left_out(ordered.size(), shown, "pairs, those with the largest effects", "kpi_pairs.csv");
  section.add(std::move(table));
}

void add_concentration(Section& section, const Subject& subject, const Input& kpi, std::size_t index) {
  const Input& lorenz = list(kpi, "lorenz");
  const double top = number(member(kpi, "overall"), "top_fifth_share");
  if (!std::isnan(top)) {
    section.say(
        say("The top 20% of all customers bring {} of the total (Gini {}).",
            {document::strong(text::percent(top)), value_words(number(member(kpi, "overall"), "gini"), Format::number)}));
  }
  if (lorenz.size() < 2) return;
  Figure figure;
  figure.id = fmt::format("kpi-{}-lorenz", index);
  figure.title = say("How concentrated {} is", {document::name(text(kpi, "name"))});
  figure.description =
      "Lorenz curve: the share of the total that the lowest 5 %, 10 %, ... of the customers bring; the dashed line "
      "is what equal customers would bring.";
  figure.rows = 6;
  Json xs = Json::array({0.0}), values = Json::array({0.0}), even = Json::array({0.0});
  figure.table.caption = say("Share of the total by share of the customers");
  figure.table.collapsed = true;
  figure.table.columns = {{say("Lowest customers"), false}, {say("Share of total")}};
  for (std::size_t i = 0; i < std::min(lorenz.size(), kMostPoints); ++i) {
    const double x = static_cast<double>(i + 1) / static_cast<double>(lorenz.size());
    xs.push_back(x * 100.0);
    values.push_back(chart_value(number(lorenz[i])));
    even.push_back(x);
    figure.table.rows.push_back({text_cell({text::percent(x)}), value_cell(number(lorenz[i]), Format::share)});
  }
  figure.spec = {{"kind", "lines"},
                 {"format", "percent"},
                 {"x", "percent of the customers, the lowest first"},
                 {"y", "share of the total"},
                 {"series",
                  {{{"name", "all customers"}, {"segment", nullptr}, {"xs", xs}, {"values", values}},
                   {{"name", "if all were equal"}, {"segment", nullptr}, {"xs", xs}, {"values", even}, {"dashed", true}}}}};
  section.add(std::move(figure));

  if (subject.k() == 1) return;
  Table table;
  table.caption = say("Concentration within each segment");
  table.collapsed = true;
  table.columns = {{say("Segment"), false}, {say("Gini")}, {say("Top 20% bring")}};
  for (int s = 0; s < subject.k(); ++s) {
    const Input& own = element(list(kpi, "segments"), static_cast<std::size_t>(s));
    table.rows.push_back({text_cell({subject.mention(s)}), value_cell(number(own, "gini")),
                          value_cell(number(own, "top_fifth_share"), Format::share)});
  }
  section.add(std::move(table));
}

/// `entry` belongs to a segment that the chart has room for, or to all customers.
bool is_shown(const Subject& subject, const Input& entry) {
  return member(entry, "segment").is_null() ||
         segment_number(entry, "segment", std::min(subject.k(), subject.limits().segments_in_chart)) >= 0;
}

Json color_of(int segment) { return segment < 0 ? Json(nullptr) : Json(segment); }

void add_survival(Section& section, const Subject& subject, const Input& kpi, std::size_t index) {
  Figure figure;
  figure.id = fmt::format("kpi-{}-survival", index);
  figure.title = say("Time to {}", {document::name(text(kpi, "name"))});
  figure.description = "Share of customers that have not had the event yet, over time, one line per segment (Kaplan-Meier).";
  figure.rows = 10;
  figure.spec = {{"kind", "lines"}, {"format", "percent"},  {"steps", true},
                 {"x", "time"},     {"y", "share not yet"}, {"series", Json::array()}};
  figure.table.caption = say("Points of the curves");
  figure.table.collapsed = true;
  figure.table.columns = {{say("Segment"), false}, {say("Time")}, {say("Share not yet")}};
  for (const Input& curve : list(kpi, "survival")) {
    const Input& points = list(curve, "points");
    if (points.size() < 2 || !is_shown(subject, curve)) continue;
    const int segment = segment_number(curve, "segment", subject.k());
    Json xs = Json::array(), values = Json::array();
    const std::size_t step = (points.size() + kMostPoints - 1) / kMostPoints;
    for (std::size_t i = 0; i < points.size(); i += step) {
      const double time = number(element(points[i], 0)), share = number(element(points[i], 1));
      if (!std::isfinite(time) || !std::isfinite(share)) continue;
      xs.push_back(time);
      values.push_back(share);
      if (i % (8 * step) == 0) {
        figure.table.rows.push_back(
            {text_cell({subject.mention(segment)}), value_cell(time), value_cell(share, Format::share)});
      }
    }
    figure.spec["series"].push_back(
        {{"name", subject.label(segment)}, {"segment", color_of(segment)}, {"xs", xs}, {"values", values}});
  }
  if (!figure.spec["series"].empty()) section.add(std::move(figure));
}

void add_trends(Section& section, const Subject& subject, const Input& kpi, std::size_t index, Format format) {
  const Input& periods = list(subject.analysis(), "periods");
  Figure figure;
  figure.id = fmt::format("kpi-{}-trend", index);
  figure.title = say("{} over time", {document::name(text(kpi, "name"))});
  figure.description = "The KPI of every period, one line per segment. The table below has the slopes.";
  figure.rows = 10;
  Json ticks = Json::array();
  for (const Input& period : periods) ticks.push_back(document::visible_text(document::name(text(period))));
  figure.spec = {{"kind", "lines"}, {"format", script_name(format)}, {"x", "period"}, {"y", ""},
                 {"ticks", ticks},  {"series", Json::array()}};
  figure.table.caption = say("Change per period");
  figure.table.columns = {{say("Segment"), false}, {say("Slope")}, {say("95% interval")}, {say("Test")}};
  for (const Input& trend : list(kpi, "trends")) {
    if (!is_shown(subject, trend)) continue;
    const int segment = segment_number(trend, "segment", subject.k());
    Json xs = Json::array(), values = Json::array();
    const Input& points = list(trend, "values");
    for (std::size_t i = 0; i < std::min(points.size(), kMostPoints); ++i) {
      xs.push_back(i);
      values.push_back(chart_value(number(points[i])));
    }
    if (xs.size() < 2) continue;
    figure.spec["series"].push_back(
        {{"name", subject.label(segment)}, {"segment", color_of(segment)}, {"xs", xs}, {"values", values}});
    figure.table.rows.push_back({text_cell({subject.mention(segment)}), value_cell(number(trend, "slope"), format),
                                 words_cell(interval_words(member(trend, "interval"), format)),
                                 words_cell(p_words(member(trend, "test")), test_words(member(trend, "test")))});
  }
  if (!figure.spec["series"].empty()) section.add(std::move(figure));
}

}  // namespace

void add_kpi_details(Section& section, const Subject& subject, const Input& kpi, std::size_t index, Format format) {
  add_test(section, kpi);
  add_pairs(section, subject, kpi, format);
  add_trends(section, subject, kpi, index, format);
  add_survival(section, subject, kpi, index);
  add_concentration(section, subject, kpi, index);
}

}  // namespace tessera::sections
