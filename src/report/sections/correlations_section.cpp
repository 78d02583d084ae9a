// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/sections/sections.hpp"
#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {

using document::Cell;
using document::say;
using document::Section;
using document::Table;

namespace {

constexpr double kHeatStep = 0.15;
constexpr std::size_t kMostOutcomes = 3;

Cell correlation_cell(double r) {
  Cell cell = value_cell(r);
  if (cell.prose.empty()) return cell;
  cell.prose = {fmt::format("{:.2f}", std::fabs(r) < 0.005 ? 0.0 : r)};
  cell.heat = heat_of(r, kHeatStep);
  return cell;
}

double r_at(const Input& group, std::size_t row, std::size_t column) {
  return number(element(element(list(group, "r"), row), column));
}

Table matrix_table(const Subject& subject, const Input& columns, const Input& group) {
  const auto shown = std::min(columns.size(), static_cast<std::size_t>(subject.limits().correlation_columns));
  Table table;
  table.heat_map = true;
  table.collapsed = true;
  table.caption = say("Correlations within {}", {subject.mention(segment_number(group, "segment", subject.k()))});
  table.columns = {{say("Column"), false}};
  for (std::size_t c = 0; c < shown; ++c) table.columns.push_back({{document::name(text(columns[c]))}});
  for (std::size_t r = 0; r < shown; ++r) {
    std::vector<Cell> cells = {text_cell({document::name(text(columns[r]))})};
    for (std::size_t c = 0; c < shown; ++c) cells.push_back(r == c ? Cell{} : correlation_cell(r_at(group, r, c)));
    table.rows.push_back(std::move(cells));
  }
  table.note = left_out(columns.size(), shown, "columns", "correlations.h5");
  return table;
}

/// All columns but the outcome, by the size of their correlation with it.
std::vector<std::size_t> strongest_first(std::size_t columns, std::size_t outcome, const Input& group) {
  std::vector<std::size_t> order;
  for (std::size_t c = 0; c < columns; ++c) {
    if (c != outcome) order.push_back(c);
  }
  const auto size = [&](std::size_t c) {
    const double r = std::fabs(r_at(group, outcome, c));
    return std::isnan(r) ? -1.0 : r;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  return order;
}

/// What goes with an outcome, in every segment side by side.
Table outcome_table(const Subject& subject, const Input& columns, std::size_t outcome,
                    const std::vector<const Input*>& groups) {
  Table table;
  table.heat_map = true;
  table.caption = say("What goes with {}, segment by segment", {document::name(text(columns[outcome]))});
  table.columns = {{say("Column"), false}};
  for (const Input* group : groups)
    table.columns.push_back({{subject.short_mention(segment_number(*group, "segment", subject.k()))}});
  for (const std::size_t c : strongest_first(columns.size(), outcome, *groups.front())) {
    if (std::ssize(table.rows) == subject.limits().correlation_columns) break;
    std::vector<Cell> cells = {text_cell({document::name(text(columns[c]))})};
    for (const Input* group : groups) cells.push_back(correlation_cell(r_at(*group, outcome, c)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

/// Numbers of the columns that are KPIs; if there are none, nothing is an outcome.
std::vector<std::size_t> outcomes_of(const Subject& subject, const Input& columns) {
  std::vector<std::size_t> outcomes;
  for (const Input& kpi : list(subject.analysis(), "kpis")) {
    for (std::size_t c = 0; c < columns.size() && outcomes.size() < kMostOutcomes; ++c) {
      const bool same = !text(kpi, "column").empty() && text(columns[c]) == text(kpi, "column");
      if (same && std::find(outcomes.begin(), outcomes.end(), c) == outcomes.end()) outcomes.push_back(c);
    }
  }
  return outcomes;
}

}  // namespace

Section correlations_section(const Subject& subject) {
  Section section("correlations", "What goes together");
  const Input& correlations = member(subject.analysis(), "correlations");
  const Input& columns = list(correlations, "columns");
  std::vector<const Input*> groups;
  for (const Input& group : list(correlations, "groups")) {
    if (std::ssize(groups) == (subject.k() == 1 ? 1 : subject.limits().correlation_groups)) break;
    if (!list(group, "r").empty()) groups.push_back(&group);
  }
  if (columns.size() < 2 || groups.empty()) {
    section.say(say("There are no correlations: fewer than two columns of numbers were compared."));
    return section;
  }
  section.hint(
      say("Correlations run from -1 to 1: orange columns rise together, blue ones go against each other. They say what goes "
          "together, not what causes what; and between columns that the segments were made from, they are weaker within "
          "segments than among all customers by construction."));
  for (const std::size_t outcome : outcomes_of(subject, columns)) section.add(outcome_table(subject, columns, outcome, groups));
  for (const Input* group : groups) section.add(matrix_table(subject, columns, *group));
  if (subject.k() > 1)
    section.hint(left_out(list(correlations, "groups").size(), groups.size(), "groups of customers", "correlations.h5"));
  return section;
}

}  // namespace tessera::sections
