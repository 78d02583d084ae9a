// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/kpi_parts.hpp"
#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Bullets;
using document::Figure;
using document::say;
using document::Section;
using document::Table;

namespace {

/// Segments with a value, the highest first: by `league`, else in order.
std::vector<int> league_of(const Input& kpi, int segments) {
  std::vector<int> league;
  const auto add = [&](int segment) {
    if (segment >= 0 && std::find(league.begin(), league.end(), segment) == league.end()) league.push_back(segment);
  };
  for (const Input& entry : list(kpi, "league")) {
    const double value = number(entry.is_object() ? member(entry, "segment") : entry);
    if (value >= 0 && value < segments) add(static_cast<int>(value));
  }
  if (league.empty()) {
    for (int s = 0; s < segments; ++s) {
      if (!std::isnan(number(element(list(kpi, "segments"), static_cast<std::size_t>(s)), "value"))) add(s);
    }
  }
  return league;
}

document::Cell index_cell(double index) {
  document::Cell cell = value_cell(index);
  if (!cell.prose.empty()) cell.prose = {text::number(std::round(index))};
  return cell;
}

Table league_table(const Subject& subject, const Input& kpi, const std::vector<int>& league, Format format) {
  Table table;
  table.caption = say("{}: league table", {document::name(text(kpi, "name"))});
  table.columns = {{say("Segment"), false}, {say("Value")},
                   {say("95% interval")},   {say("Index")},
                   {say("Customers")},      {say("Coverage")},
                   {say("Share of total")}, {say("Share of customers")},
                   {say("Effect")},         {say("Test against the rest")}};
  const auto add = [&](const Input& own, int segment) {
    const Input& interval = member(own, "interval");
    table.rows.push_back(
        {text_cell(segment < 0 ? say("All customers") : document::Prose{subject.mention(segment)}),
         value_cell(number(own, "value"), format), words_cell(interval_words(interval, format)),
         index_cell(number(own, "index")), count_cell(count(own, "n")), value_cell(number(own, "coverage"), Format::share),
         value_cell(number(own, "share_of_total"), Format::share), value_cell(number(own, "share_of_customers"), Format::share),
         effect_cell(member(own, "effect")), words_cell(p_words(member(own, "test")), test_words(member(own, "test")))});
  };
  for (const int segment : league) add(element(list(kpi, "segments"), static_cast<std::size_t>(segment)), segment);
  add(member(kpi, "overall"), -1);
  table.note =
      say("Index: the overall value is 100. Effect: size of the difference from all other customers; bold where it is "
          "worth a statement. p values are adjusted for the number of comparisons.");
  table.collapsed = true;
  return table;
}

Figure league_figure(const Subject& subject, const Input& kpi, const std::vector<int>& league, std::size_t index) {
  const Format format = format_of_unit(text(kpi, "unit"));
  Figure figure;
  figure.id = fmt::format("kpi-{}", index);
  figure.title = say("{} by segment", {document::name(text(kpi, "name"))});
  figure.description =
      "One dot per segment, the highest first, with its 95 % interval; the dashed line is the value of all "
      "customers. The table below has the numbers.";
  figure.rows = static_cast<int>(league.size()) + 2;
  figure.spec = {{"kind", "dots"},
                 {"format", script_name(format)},
                 {"x", document::plain_text({document::name(text(kpi, "name"))}) + "; dashed: all customers"},
                 {"reference", chart_value(number(member(kpi, "overall"), "value"))},
                 {"labels", Json::array()},
                 {"segments", Json::array()},
                 {"series", Json::array()}};
  Json values = Json::array(), low = Json::array(), high = Json::array();
  for (const int segment : league) {
    const Input& own = element(list(kpi, "segments"), static_cast<std::size_t>(segment));
    figure.spec["labels"].push_back(subject.label(segment));
    figure.spec["segments"].push_back(segment);
    values.push_back(chart_value(number(own, "value")));
    low.push_back(chart_value(number(element(member(own, "interval"), 0))));
    high.push_back(chart_value(number(element(member(own, "interval"), 1))));
  }
  figure.spec["series"].push_back({{"name", "value"}, {"segment", nullptr}, {"values", values}, {"low", low}, {"high", high}});
  figure.table = league_table(subject, kpi, league, format);
  return figure;
}

/// What may be said aloud: differences that are large enough, whatever the number of rows.
Bullets statements(const Subject& subject, const Input& kpi, const std::vector<int>& league, Format format) {
  Bullets bullets;
  for (const int segment : league) {
    const Input& own = element(list(kpi, "segments"), static_cast<std::size_t>(segment));
    if (!truth(member(own, "effect"), "notable")) continue;
    const double value = number(own, "value"), overall = number(member(kpi, "overall"), "value");
    document::Prose prose =
        say("{} has {} against {} overall",
            {subject.mention(segment), document::strong(value_words(value, format)), value_words(overall, format)});
    const double total = number(own, "share_of_total"), customers = number(own, "share_of_customers");
    if (!std::isnan(total) && !std::isnan(customers)) {
      for (document::Span& span :
           say("; it accounts for {} of the total with {} of the customers", {text::percent(total), text::percent(customers)}))
        prose.push_back(std::move(span));
    }
    prose.emplace_back(".");
    bullets.items.push_back(std::move(prose));
    if (bullets.items.size() == 6) break;
  }
  return bullets;
}

void add_kpi(Section& section, const Subject& subject, const Input& kpi, std::size_t index) {
  const Format format = format_of_unit(text(kpi, "unit"));
  const std::vector<int> league = league_of(kpi, subject.k());
  section.add(document::Heading{{document::name(text(kpi, "name"))}});
  const double overall = number(member(kpi, "overall"), "value");
  const std::string formula = text(kpi, "formula"),
                    interval = interval_words(member(member(kpi, "overall"), "interval"), format);
  section.say(say("{} over all customers{}{}.",
                  {document::strong(value_words(overall, format)), interval.empty() ? std::string() : " (" + interval + ")",
                   document::sentence(formula.empty() ? std::string() : ": " + formula)}));
  if (subject.k() == 1) {
    add_kpi_details(section, subject, kpi, index, format);
    return;
  }
  if (league.empty()) {
    section.say(say("No segment has enough customers with a value."));
    return;
  }
  Bullets said = statements(subject, kpi, league, format);
  if (said.items.empty()) {
    section.say(say("No segment differs from the rest by enough to be worth a statement."));
  } else {
    section.add(std::move(said));
  }
  section.add(league_figure(subject, kpi, league, index));
  add_kpi_details(section, subject, kpi, index, format);
}

}  // namespace

Section kpis_section(const Subject& subject) {
  Section section("kpis", "What the segments are worth");
  const Input& kpis = list(subject.analysis(), "kpis");
  if (kpis.empty()) {
    section.say(
        say("No KPIs were compared. Name columns such as revenue, churn or satisfaction with {}: they are then described by "
            "segment, and never used to make the segments.",
            {document::code("--kpi NAMES")}));
    return section;
  }
  if (subject.k() > 1)
    section.hint(
        say("Dots are values, lines their 95% intervals, the dashed line is all customers. Where two intervals are far apart, "
            "the difference is more than chance; whether it matters is a question of its size."));
  const auto shown = std::min(kpis.size(), static_cast<std::size_t>(subject.limits().kpis));
  for (std::size_t i = 0; i < shown; ++i) add_kpi(section, subject, kpis[i], i);
  section.hint(left_out(kpis.size(), shown, "KPIs", "kpis.csv"));
  return section;
}

}  // namespace tessera::sections
