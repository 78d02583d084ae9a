// SPDX-License-Identifier: Apache-2.0
#include "report/sections/period_crosstabs.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::say;
using document::Table;

namespace {

constexpr std::size_t kMostTables = 8;
constexpr std::size_t kMostRows = 12;

/// Where a trend stands in the matrices of a period: columns have their total last.
double share_of(const Input& table, const Input& trend, std::size_t period) {
  const std::int64_t column = count(trend, "column");
  const std::size_t at = column < 0 ? list(table, "columns").size() : static_cast<std::size_t>(column);
  const Input& shares = list(element(list(table, "periods"), period), "column_share");
  return number(element(element(shares, static_cast<std::size_t>(std::max<std::int64_t>(0, count(trend, "row")))), at));
}

/// The trends beyond chance, the steepest first.
std::vector<const Input*> moving(const Input& table) {
  std::vector<const Input*> found;
  for (const Input& trend : list(table, "trends")) {
    const double p = number(member(trend, "test"), "p_adjusted");
    if (p < 0.05 && !std::isnan(number(trend, "slope")) && count(trend, "row") >= 0) found.push_back(&trend);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](auto a, auto b) { return std::fabs(number(*a, "slope")) > std::fabs(number(*b, "slope")); });
  return found;
}

document::Cell within_cell(const Subject& subject, const Input& table, const Input& trend) {
  const std::int64_t column = count(trend, "column");
  if (column < 0) return text_cell({subject.mention(-1)});
  const bool segments = text(table, "column_column") == "segment" && column < subject.k();
  if (segments) return text_cell({subject.mention(static_cast<int>(column))});
  return text_cell({document::name(text(element(list(table, "columns"), static_cast<std::size_t>(column))))});
}

Table table_of(const Subject& subject, const Input& table) {
  const Input& periods = list(subject.analysis(), "periods");
  const std::string first = text(element(periods, 0)), last = text(element(periods, periods.size() - 1));
  const std::vector<const Input*> trends = moving(table);
  const std::size_t shown = std::min(trends.size(), kMostRows);
  Table result;
  result.collapsed = true;
  result.caption = say("{} from {} to {}: shares that change most",
                       {document::name(text(table, "row_column")), document::name(first), document::name(last)});
  result.columns = {{{document::name(text(table, "row_column"))}, false},
                    {say("Within"), false},
                    {{document::name(first)}},
                    {{document::name(last)}},
                    {say("Slope")},
                    {say("95% interval")},
                    {say("Test")}};
  for (std::size_t i = 0; i < shown; ++i) {
    const Input& trend = *trends[i];
    const auto row = static_cast<std::size_t>(count(trend, "row"));
    result.rows.push_back({text_cell({document::name(text(element(list(table, "rows"), row)))}),
                           within_cell(subject, table, trend), value_cell(share_of(table, trend, 0), Format::share),
                           value_cell(share_of(table, trend, periods.size() - 1), Format::share),
                           value_cell(number(trend, "slope"), Format::share),
                           words_cell(interval_words(member(trend, "interval"), Format::share)),
                           words_cell(p_words(member(trend, "test")), test_words(member(trend, "test")))});
  }
  result.note =
      say("Slopes are per period. Counts, shares and KPIs of every period: {}.", {document::code(text(table, "file"))});
  if (shown < trends.size())
    result.note.emplace_back(" " + text::plural(static_cast<std::int64_t>(trends.size() - shown), "more trend") + " there.");
  return result;
}

}  // namespace

void add_period_crosstabs(document::Section& section, const Subject& subject) {
  const Input& tables = list(subject.analysis(), "period_crosstabs");
  if (list(subject.analysis(), "periods").empty()) return;
  std::size_t shown = 0;
  std::int64_t still = 0;
  for (const Input& table : tables) {
    if (moving(table).empty()) {
      ++still;
    } else if (shown < kMostTables) {
      section.add(table_of(subject, table));
      ++shown;
    }
  }
  if (still > 0) {
    section.hint(say("In {} nothing moves beyond chance from period to period; {} has the numbers.",
                     {text::plural(still, "cross-tab"), document::code("crosstabs/")}));
  }
}

}  // namespace tessera::sections
