// SPDX-License-Identifier: Apache-2.0
#include "analyse/suppress.hpp"

#include <cmath>
#include <limits>

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

void hide(CrosstabCell& cell) {
  const std::size_t kpis = cell.kpi_values.size();
  cell = {};
  cell.kpi_values.assign(kpis, kNoValue);
  cell.suppressed = true;
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
  const std::vector<bool> hidden = hidden_cells(counts, levels, segments, least);
  for (std::size_t l = 0; l < levels; ++l) {
    for (std::size_t s = 0; s < segments; ++s) {
      if (hidden[l * segments + s]) hide(column.category_segments[s].levels[l]);
    }
    LevelShare& all = column.category_overall.levels[l];
    if (all.n > 0 && all.n < least) hide(all);
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
  const std::size_t rows = table.rows.size(), columns = table.columns.size();
  std::vector<std::int64_t> counts;
  for (const CrosstabCell& cell : table.cells) counts.push_back(cell.n);
  const std::vector<bool> hidden = hidden_cells(counts, rows, columns, least);
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    if (!hidden[i]) continue;
    hide(table.cells[i]);
    ++table.suppressed_cells;
  }
  const auto margin = [&](CrosstabCell& cell) {
    if (cell.n > 0 && cell.n < least) hide(cell);
  };
  for (CrosstabCell& cell : table.row_totals) margin(cell);
  for (CrosstabCell& cell : table.column_totals) margin(cell);
  margin(table.total);
}

}  // namespace

std::vector<bool> hidden_cells(const std::vector<std::int64_t>& counts, std::size_t rows, std::size_t columns,
                               std::int64_t least) {
  std::vector<bool> hidden(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) hidden[i] = counts[i] > 0 && counts[i] < least;
  const auto hidden_in = [&](std::size_t first, std::size_t step, std::size_t count) {
    std::size_t found = 0;
    for (std::size_t i = 0, at = first; i < count; ++i, at += step) found += hidden[at] ? std::size_t{1} : std::size_t{0};
    return found;
  };
  // Walks a line of the table; where exactly one cell is hidden, another is hidden, too: best one whose other line wants a
  // second as well, then the smallest.
  const auto protect = [&](std::size_t first, std::size_t step, std::size_t count) {
    if (hidden_in(first, step, count) != 1) return false;
    std::size_t best = counts.size();
    bool best_helps = false;
    for (std::size_t i = 0, at = first; i < count; ++i, at += step) {
      if (hidden[at] || counts[at] == 0) continue;
      const std::size_t crossing =
          step == 1 ? hidden_in(at % columns, columns, rows) : hidden_in(at / columns * columns, 1, columns);
      const bool helps = crossing == 1;
      if (best < counts.size() && (helps != best_helps ? best_helps : counts[at] >= counts[best])) continue;
      best = at;
      best_helps = helps;
    }
    if (best == counts.size()) return false;
    hidden[best] = true;
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < rows; ++i) changed = protect(i * columns, 1, columns) || changed;
    for (std::size_t j = 0; j < columns; ++j) changed = protect(j, columns, rows) || changed;
  }
  return hidden;
}

void suppress_small(Analysis& analysis) {
  const std::int64_t least = analysis.min_cell;
  for (ColumnAnalysis& column : analysis.columns) {
    if (column.is_category) {
      suppress_levels(column, least);
    } else {
      suppress_numbers(column, least);
    }
  }
  for (KpiResult& kpi : analysis.kpis) suppress_kpi(kpi, least);
  for (Crosstab& table : analysis.crosstabs) suppress_table(table, least);
}

}  // namespace tessera
