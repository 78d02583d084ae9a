// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

constexpr double kHeatStep = 0.3;  ///< standard deviations per step of colour
constexpr std::size_t kLevelsPerColumn = 6;
constexpr double kChartEdge = 4.0;  ///< one column far out would press all others together

/// A row of the table: a number, or one level of a category.
struct ProfileRow {
  std::string column, level;
  std::vector<Cell> cells;      ///< [k]
  std::vector<double> effects;  ///< [k] Cohen's d or h against the rest; NaN: none
  Cell overall;
  double strength = 0.0;  ///< the largest effect
};

void finish(ProfileRow& row) {
  for (const double effect : row.effects) {
    if (std::isfinite(effect)) row.strength = std::max(row.strength, std::fabs(effect));
  }
}

ProfileRow number_row(const Subject& subject, const Input& column) {
  ProfileRow row;
  row.column = text(column, "column");
  row.overall = value_or_date_cell(member(member(column, "overall"), "mean"));
  for (int s = 0; s < subject.k(); ++s) {
    const Input& own = element(list(column, "segments"), static_cast<std::size_t>(s));
    Cell cell = value_or_date_cell(member(own, "mean"));
    const double z = number(own, "z");
    cell.heat = heat_of(z, kHeatStep);
    cell.explanation = effect_words(member(own, "effect"));
    row.cells.push_back(std::move(cell));
    row.effects.push_back(number(member(own, "effect"), "value"));
  }
  finish(row);
  return row;
}

ProfileRow level_row(const Subject& subject, const Input& column, std::size_t level, const std::string& name) {
  ProfileRow row;
  row.column = text(column, "column");
  row.level = name;
  row.overall = value_cell(number(element(list(member(column, "overall"), "levels"), level), "share"), Format::share);
  for (int s = 0; s < subject.k(); ++s) {
    const Input& own = element(list(element(list(column, "segments"), static_cast<std::size_t>(s)), "levels"), level);
    Cell cell = value_cell(number(own, "share"), Format::share);
    const double effect = number(member(own, "effect"), "value");
    cell.heat = heat_of(effect, kHeatStep);
    cell.explanation = effect_words(member(own, "effect"));
    row.cells.push_back(std::move(cell));
    row.effects.push_back(effect);
  }
  finish(row);
  return row;
}

std::vector<ProfileRow> rows_of(const Subject& subject) {
  std::vector<ProfileRow> rows;
  for (const Input& column : list(subject.analysis(), "columns")) {
    if (text(column, "column").empty()) continue;
    if (!truth(column, "is_category")) {
      rows.push_back(number_row(subject, column));
      continue;
    }
    const Input& levels = list(column, "levels");
    // Of two levels, one says all.
    const std::size_t shown = levels.size() == 2 ? 1 : std::min(levels.size(), kLevelsPerColumn);
    for (std::size_t level = 0; level < shown; ++level) rows.push_back(level_row(subject, column, level, text(levels[level])));
  }
  return rows;
}

document::Prose title_of(const ProfileRow& row) {
  if (row.level.empty()) return {document::name(row.column)};
  return say("{}: {}", {document::name(row.column), document::name(row.level)});
}

/// The rows that set segments apart most, as strips of dots.
Figure chart_of(const Subject& subject, const std::vector<const ProfileRow*>& strongest) {
  Figure figure;
  figure.id = "profile";
  figure.title = say("What sets the segments apart most");
  figure.description =
      "For each trait a strip with one numbered dot per segment: left of the line below, right of it above the other "
      "customers, in standard deviations. The table below has the numbers.";
  figure.rows = static_cast<int>(strongest.size()) + 3;
  figure.spec = {
      {"kind", "dots"}, {"format", "number"},      {"x", "difference from all other customers, in standard deviations"},
      {"reference", 0}, {"labels", Json::array()}, {"series", Json::array()}};
  if (strongest.front()->strength > kChartEdge) {
    figure.spec["edge"] = kChartEdge;
    figure.spec["x"] =
        fmt::format("difference from all other customers, in standard deviations; beyond {} at the edge", kChartEdge);
  }
  for (const ProfileRow* row : strongest) figure.spec["labels"].push_back(document::plain_text(title_of(*row)));
  for (int s = 0; s < std::min(subject.k(), subject.limits().segments_in_chart); ++s) {
    Json values = Json::array();
    for (const ProfileRow* row : strongest) values.push_back(chart_value(row->effects[static_cast<std::size_t>(s)]));
    figure.spec["series"].push_back({{"name", subject.label(s)}, {"segment", s}, {"values", std::move(values)}});
  }
  return figure;
}

Table table_of(const Subject& subject, const std::vector<ProfileRow>& rows, std::size_t shown) {
  Table table;
  table.caption = subject.k() == 1 ? say("The customers: means of numbers, shares of categories")
                                   : say("Every segment side by side: means of numbers, shares of categories");
  table.heat_map = true;
  table.columns = {{say("Column"), false}, {say("All customers")}};
  const bool one = subject.k() == 1;  // which is all customers
  for (const SegmentView& view : subject.segments()) {
    if (!one) table.columns.push_back({{subject.short_mention(view.number)}});
  }
  for (std::size_t i = 0; i < shown; ++i) {
    std::vector<Cell> cells = {text_cell(title_of(rows[i])), rows[i].overall};
    if (!one) cells.insert(cells.end(), rows[i].cells.begin(), rows[i].cells.end());
    table.rows.push_back(std::move(cells));
  }
  if (!one)
    table.note =
        say("Orange is above, blue below the rest of the customers; the stronger, the further. Full colour is {} standard "
            "deviations and more.",
            {text::number(5 * kHeatStep)});
  return table;
}

/// The centroids of the fit, for a run without analysis.
Table centroid_table(const Subject& subject) {
  Table table;
  table.caption = say("Centers of the segments in the units of the columns");
  table.columns = {{say("Column"), false}, {say("All customers")}};
  for (const SegmentView& view : subject.segments()) table.columns.push_back({{subject.mention(view.number)}});
  const Input& overall = member(subject.summary(), "overall");
  if (!overall.is_object()) return table;
  const auto most = static_cast<std::size_t>(subject.limits().profile_cells / std::max(1, subject.k()));
  for (const auto& [column, value] : overall.items()) {
    if (table.rows.size() == most) break;
    if (value.is_object()) continue;  // shares of levels: the cards name the telling ones
    std::vector<Cell> cells = {text_cell({document::name(column)}), value_or_date_cell(value)};
    for (int s = 0; s < subject.k(); ++s) {
      const Input& own = member(element(list(subject.summary(), "segments"), static_cast<std::size_t>(s)), "centroid");
      cells.push_back(value_or_date_cell(member(own, column.c_str())));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

Section profile_section(const Subject& subject) {
  Section section("profile", "Side by side");
  std::vector<ProfileRow> rows = rows_of(subject);
  if (rows.empty()) {
    Table table = centroid_table(subject);
    if (table.rows.empty()) {
      section.say(say("The run's summary holds no profiles."));
    } else {
      section.add(std::move(table));
    }
    return section;
  }
  const auto most = static_cast<std::size_t>(std::max(1, subject.limits().profile_cells / std::max(1, subject.k())));
  std::vector<const ProfileRow*> strongest;
  for (const ProfileRow& row : rows) strongest.push_back(&row);
  std::stable_sort(strongest.begin(), strongest.end(), [](auto a, auto b) { return a->strength > b->strength; });
  const std::size_t in_chart = std::min(strongest.size(), static_cast<std::size_t>(subject.limits().profile_rows_in_chart));
  if (subject.k() > 1 && strongest.front()->strength > 0.0) {
    Figure figure = chart_of(subject, {strongest.begin(), strongest.begin() + static_cast<std::ptrdiff_t>(in_chart)});
    if (subject.k() > subject.limits().segments_in_chart) {
      section.hint(say("The chart shows the {} largest segments, the table all of them.",
                       {text::count(subject.limits().segments_in_chart)}));
    }
    const std::size_t all = rows.size();
    if (all > most) {  // the telling ones stay
      std::vector<ProfileRow> kept;
      for (std::size_t i = 0; i < most; ++i) kept.push_back(*strongest[i]);
      rows = std::move(kept);
    }
    figure.table = table_of(subject, rows, rows.size());
    if (all > rows.size()) {
      figure.table.note = left_out(all, rows.size(), "rows, the telling ones", "profiles.csv");
    }
    section.add(std::move(figure));
  } else {
    Table table = table_of(subject, rows, std::min(rows.size(), most));
    const document::Prose rest = left_out(rows.size(), table.rows.size(), "rows", "profiles.csv");
    table.note = rest;
    section.add(std::move(table));
  }
  if (subject.k() > 1 && subject.by().empty())
    section.hint(say(
        "Columns that the segments were made from differ between them by construction: their sizes of difference describe the "
        "segments, they do not prove them."));
  return section;
}

}  // namespace tessera::sections
