// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/period_crosstabs.hpp"
#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Cell;
using document::Figure;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr double kHeatStep = 0.06;     ///< of the effect size phi, per step of colour
constexpr double kBeyondChance = 2.0;  ///< adjusted residuals from which a cell is coloured at all
constexpr std::size_t kOpenAtFirst = 4;
constexpr std::size_t kMostRows = 40;
constexpr std::size_t kTrendLines = 8;

bool is_by_segment(const Input& crosstab) { return text(crosstab, "column_column") == "segment"; }

std::size_t columns_shown(const Input& crosstab, const Limits& limits) {
  return std::min(list(crosstab, "columns").size(), static_cast<std::size_t>(std::max(2, limits.crosstab_cells / 4)));
}

/// @param customers in the whole table: what makes a residual a size of difference, however many there are
Cell share_of_column(const Input& cell, double customers) {
  Cell shown = value_cell(number(cell, "column_share"), Format::share);
  if (shown.prose.empty()) {
    if (truth(cell, "suppressed")) shown.explanation = "too few customers to be shown";
    return shown;
  }
  const double residual = number(cell, "residual");
  if (std::fabs(residual) >= kBeyondChance && customers > 0) shown.heat = heat_of(residual / std::sqrt(customers), kHeatStep);
  const std::string letters = text(cell, "letters");
  if (!letters.empty()) shown.prose.emplace_back(" " + text::shorten(text::printable(letters), 12));
  shown.explanation = fmt::format("{} customers, adjusted residual {}",
                                  text::count(std::max<std::int64_t>(0, count(cell, "n"))), text::number(residual));
  return shown;
}

document::Prose test_prose(const Input& crosstab) {
  const std::string chi = test_words(member(crosstab, "chi_squared")), effect = effect_words(member(crosstab, "cramers_v"));
  const std::string exact = test_words(member(crosstab, "monte_carlo"));
  document::Prose prose;
  if (!chi.empty()) prose = say("{}{}. ", {chi, exact.empty() ? std::string() : "; " + exact});
  if (chi.empty() && truth(crosstab, "used_in_fit")) prose = say("No test: the segments were made from this column. ");
  const double corrected = number(crosstab, "cramers_v_corrected");
  if (!effect.empty())
    prose.emplace_back(effect + (std::isnan(corrected) ? "" : ", corrected for bias " + text::number(corrected, 2)) + ". ");
  const std::int64_t missing = count(crosstab, "missing"), hidden = count(crosstab, "suppressed_cells");
  if (missing > 0) prose.emplace_back(text::plural(missing, "customer") + " without a value left out. ");
  if (hidden > 0)
    prose.emplace_back(text::plural(hidden, "cell") + " suppressed: too few customers, or derivable from the totals. ");
  const std::string file = text(crosstab, "file");
  if (!file.empty()) {
    prose.emplace_back("Counts, row and total shares: ");
    prose.push_back(document::code(file));
    prose.emplace_back(".");
  }
  return prose;
}

Table table_of(const Subject& subject, const Input& crosstab) {
  const Input& rows = list(crosstab, "rows");
  const Input& columns = list(crosstab, "columns");
  const Input& letters = list(crosstab, "letters");
  const bool by_segment = is_by_segment(crosstab);
  const std::size_t columns_in = columns_shown(crosstab, subject.limits());
  const auto most = static_cast<std::size_t>(subject.limits().crosstab_cells) / std::max<std::size_t>(1, columns_in);
  const std::size_t rows_in = std::min({rows.size(), kMostRows, std::max<std::size_t>(2, most)});
  Table table;
  table.heat_map = true;
  table.caption = by_segment ? say("{}: share of each segment's customers", {document::name(text(crosstab, "row_column"))})
                             : say("{} by {}: share of each column", {document::name(text(crosstab, "row_column")),
                                                                      document::name(text(crosstab, "column_column"))});
  table.columns = {{{document::name(text(crosstab, "row_column"))}, false}, {say("All")}};
  for (std::size_t c = 0; c < columns_in; ++c) {
    document::Prose title;
    if (by_segment && c < static_cast<std::size_t>(subject.k())) {
      title = {subject.short_mention(static_cast<int>(c))};
    } else {
      title = {document::name(text(columns[c]))};
    }
    const std::string letter = text(element(letters, c));
    if (!letter.empty()) title.emplace_back(" (" + text::shorten(text::printable(letter), 4) + ")");
    table.columns.push_back({std::move(title)});
  }
  const double customers = number(member(crosstab, "total"), "n");
  for (std::size_t r = 0; r < rows_in; ++r) {
    std::vector<Cell> cells = {text_cell({document::name(text(rows[r]))}),
                               value_cell(number(element(list(crosstab, "row_totals"), r), "total_share"), Format::share)};
    for (std::size_t c = 0; c < columns_in; ++c)
      cells.push_back(share_of_column(element(element(list(crosstab, "cells"), r), c), customers));
    table.rows.push_back(std::move(cells));
  }
  table.note = test_prose(crosstab);
  if (rows_in < rows.size() || columns_in < columns.size()) {
    table.note.emplace_back(
        fmt::format(" Shown are {} of {} rows and {} of {} columns.", rows_in, rows.size(), columns_in, columns.size()));
  }
  return table;
}

/// The strongest associations first.
std::vector<const Input*> ordered(const Input& crosstabs) {
  std::vector<const Input*> all;
  for (const Input& crosstab : crosstabs) {
    if (!list(crosstab, "rows").empty()) all.push_back(&crosstab);
  }
  const auto strength = [](const Input* crosstab) {
    const double value = number(member(*crosstab, "cramers_v"), "value");
    return std::isnan(value) ? -1.0 : value;
  };
  std::stable_sort(all.begin(), all.end(), [&](auto a, auto b) { return strength(a) > strength(b); });
  return all;
}

/// How the sizes of the segments move over the periods.
void add_share_trends(Section& section, const Subject& subject) {
  const Input& periods = list(subject.analysis(), "periods");
  Json ticks = Json::array();
  for (const Input& period : periods) ticks.push_back(document::visible_text(document::name(text(period))));
  Figure figure;
  figure.id = "share-trends";
  figure.title = say("Shares over time");
  figure.description = "Share of the customers of each period, one line per segment or level. The table below has the slopes.";
  figure.rows = 10;
  figure.spec = {{"kind", "lines"}, {"format", "percent"},    {"x", "period"}, {"y", "share of the customers"},
                 {"ticks", ticks},  {"series", Json::array()}};
  figure.table.caption = say("Change of the shares per period");
  figure.table.columns = {{say("Of"), false}, {say("Level"), false}, {say("Within"), false},
                          {say("Slope")},     {say("95% interval")}, {say("Test")}};
  for (const Input& trend : list(subject.analysis(), "share_trends")) {
    if (std::ssize(figure.table.rows) == subject.limits().list_items) break;
    const int within = segment_number(trend, "segment", subject.k());
    const bool of_segments = text(trend, "column") == "segment";
    figure.table.rows.push_back({text_cell({document::name(text(trend, "column"))}),
                                 text_cell({document::name(text(trend, "level"))}), text_cell({subject.mention(within)}),
                                 value_cell(number(trend, "slope"), Format::share),
                                 words_cell(interval_words(member(trend, "interval"), Format::share)),
                                 words_cell(p_words(member(trend, "test")), test_words(member(trend, "test")))});
    if (!of_segments || figure.spec["series"].size() == kTrendLines) continue;
    Json xs = Json::array(), values = Json::array();
    for (const Input& share : list(trend, "shares")) {
      xs.push_back(xs.size());
      values.push_back(chart_value(number(share)));
    }
    const auto line = static_cast<int>(figure.spec["series"].size());
    const std::string level = document::visible_text(document::name(text(trend, "level")));
    const int number_of = within >= 0 ? within : line < subject.k() ? line : -1;
    figure.spec["series"].push_back({{"name", number_of >= 0 ? subject.label(number_of) : level},
                                     {"segment", number_of < 0 ? Json(nullptr) : Json(number_of)},
                                     {"xs", xs},
                                     {"values", values}});
  }
  if (figure.table.rows.empty()) return;
  if (figure.spec["series"].empty()) figure.spec = nullptr;
  section.add(std::move(figure));
}

}  // namespace

Section crosstabs_section(const Subject& subject) {
  Section section("crosstabs", "Who is in which segment");
  const std::vector<const Input*> crosstabs = ordered(list(subject.analysis(), "crosstabs"));
  if (subject.k() == 1) {
    section.say(
        say("With one group there is nothing to hold side by side; the shares of all customers are in the table above."));
  } else if (crosstabs.empty()) {
    section.say(
        say("There are no cross-tabs: the table has no categories that were compared. {} names numeric columns that are codes.",
            {document::code("--categories NAMES")}));
  } else {
    section.hint(say(
        "Of each segment, the share of every answer; columns add up to 100%. Orange: more than among the other customers, "
        "blue: less; the stronger, the larger the difference. Without colour: no more than chance. Letters name the columns "
        "whose share is significantly lower."));
    const auto shown = std::min(crosstabs.size(), static_cast<std::size_t>(subject.limits().crosstabs));
    for (std::size_t i = 0; i < shown; ++i) {
      Table table = table_of(subject, *crosstabs[i]);
      table.collapsed = i >= kOpenAtFirst;
      section.add(std::move(table));
    }
    section.hint(left_out(crosstabs.size(), shown, "cross-tabs, those with the strongest association", "crosstabs/"));
  }
  add_share_trends(section, subject);
  add_period_crosstabs(section, subject);
  return section;
}

}  // namespace tessera::sections
