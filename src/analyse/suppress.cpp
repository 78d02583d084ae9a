// SPDX-License-Identifier: Apache-2.0
#include "analyse/suppress.hpp"

#include <algorithm>
#include <vector>

#include "analyse/hidden_cells.hpp"
#include "analyse/table_cells.hpp"

namespace tessera {
namespace {

void hide(NumberSummary& summary) {
  summary = {};
  summary.coverage = kNoValue;
  summary.weight = kNoValue;
  summary.suppressed = true;
}

void hide(LevelShare& share) {
  share = {};
  share.suppressed = true;
}

void hide(KpiSegment& own) {
  KpiSegment hidden;
  hidden.segment = own.segment;
  hidden.share_of_customers = own.share_of_customers;
  hidden.coverage = kNoValue;
  hidden.suppressed = true;
  own = hidden;
}

void suppress_numbers(ColumnAnalysis& column, std::int64_t least) {
  if (column.overall.n < least) hide(column.overall);
  for (NumberSummary& segment : column.segments) {
    if (segment.n < least) hide(segment);
  }
}

void suppress_levels(ColumnAnalysis& column, std::int64_t least) {
  const std::size_t levels = column.levels.size(), segments = column.category_segments.size();
  std::vector<std::int64_t> counts;
  for (std::size_t l = 0; l < levels; ++l) {
    for (const CategorySummary& segment : column.category_segments) counts.push_back(segment.levels[l].n);
  }
  const TotalledTable table(counts, {levels, segments});
  const std::vector<bool> hidden = hidden_cells(table, least);
  for (std::size_t l = 0; l < levels; ++l) {
    const bool all_hidden = hidden[table.at({l, segments})];
    for (std::size_t s = 0; s < segments; ++s) {
      LevelShare& own = column.category_segments[s].levels[l];
      if (hidden[table.at({l, s})]) {
        hide(own);
      } else if (all_hidden) {  // these are about all customers, too
        own.lift = own.z = kNoValue;
        own.effect = {};
      }
    }
    if (all_hidden) hide(column.category_overall.levels[l]);
  }
}

void suppress_kpi(KpiResult& kpi, std::int64_t least) {
  if (kpi.overall.n < least) hide(kpi.overall);
  for (KpiSegment& own : kpi.segments) {
    if (own.n < least) hide(own);
  }
  for (KpiPair& pair : kpi.pairs) {
    const auto hidden = [&](int segment) { return kpi.segments[static_cast<std::size_t>(segment)].suppressed; };
    if (hidden(pair.segment) || hidden(pair.other)) pair = {.segment = pair.segment, .other = pair.other};
  }
  for (std::size_t s = 0; s + 1 < kpi.survival.size(); ++s) {
    if (kpi.segments[s].suppressed) kpi.survival[s + 1].clear();
  }
}

void suppress_table(Crosstab& table, std::int64_t least) {
  std::vector<std::int64_t> counts;
  for (const CrosstabCell& cell : table.cells) counts.push_back(cell.n);
  hide_cells(table, hidden_cells(TotalledTable(counts, {table.rows.size(), table.columns.size()}), least));
}

/// A level that few customers of the segment have would single out the one who is shown.
void suppress_typical(TypicalCustomer& typical, const std::vector<ColumnAnalysis>& columns, std::size_t segment) {
  std::erase_if(typical.values, [&](const TypicalValue& value) {
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.column == value.column; });
    if (!column->is_category) return column->segments[segment].suppressed;
    const auto level = std::find(column->levels.begin(), column->levels.end(), value.level) - column->levels.begin();
    return column->category_segments[segment].levels[static_cast<std::size_t>(level)].suppressed;
  });
}

}  // namespace

void suppress_small(Analysis& analysis) {
  const std::int64_t least = analysis.min_cell;
  for (ColumnAnalysis& column : analysis.columns) {
    if (column.is_category) {
      suppress_levels(column, least);
    } else {
      suppress_numbers(column, least);
    }
  }
  for (AnalysisSegment& segment : analysis.segments) {
    suppress_typical(segment.typical, analysis.columns, static_cast<std::size_t>(segment.segment));
  }
  for (KpiResult& kpi : analysis.kpis) suppress_kpi(kpi, least);
  for (Crosstab& table : analysis.crosstabs) suppress_table(table, least);
}

}  // namespace tessera
