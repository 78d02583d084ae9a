// SPDX-License-Identifier: Apache-2.0
#include "analyse/table_cells.hpp"

#include <utility>

namespace tessera {
namespace {

void hide(CrosstabCell& cell) {
  const std::size_t kpis = cell.kpi_values.size();
  cell = {};
  cell.kpi_values.assign(kpis, kNoValue);
  cell.suppressed = true;
}

}  // namespace

TableCells::TableCells(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const TableCounts& table)
    : plan_(plan),
      table_(table),
      weights_{table.weight, table.rows, table.columns},
      margins_(stats::margins_of(weights_)),
      counts_(stats::effective_counts(weights_, margins_.total / statistics.effective_share())) {}

CrosstabCells TableCells::fill() const {
  CrosstabCells result;
  const Matrix<double> residuals = stats::adjusted_residuals(counts_.view());
  for (std::int64_t i = 0; i < table_.rows; ++i) {
    for (std::int64_t j = 0; j < table_.columns; ++j) {
      CrosstabCell& cell = result.cells.emplace_back(sum_of({i, i + 1, j, j + 1}));
      const double row = margins_.rows[static_cast<std::size_t>(i)], column = margins_.columns[static_cast<std::size_t>(j)];
      cell.row_share = row > 0.0 ? cell.weight / row : kNoValue;
      cell.column_share = column > 0.0 ? cell.weight / column : kNoValue;
      cell.residual = residuals(i, j);
    }
  }
  for (std::int64_t i = 0; i < table_.rows; ++i) {
    CrosstabCell& cell = result.row_totals.emplace_back(sum_of({i, i + 1, 0, table_.columns}));
    cell.row_share = 1.0;
    cell.column_share = cell.total_share;
  }
  for (std::int64_t j = 0; j < table_.columns; ++j) {
    CrosstabCell& cell = result.column_totals.emplace_back(sum_of({0, table_.rows, j, j + 1}));
    cell.row_share = cell.total_share;
    cell.column_share = 1.0;
  }
  result.total = sum_of({0, table_.rows, 0, table_.columns});
  result.total.row_share = result.total.column_share = 1.0;
  return result;
}

CrosstabCell TableCells::sum_of(const Range& range) const {
  CrosstabCell cell;
  cell.weight = 0.0;
  for (std::int64_t i = range.first_row; i < range.last_row; ++i) {
    for (std::int64_t j = range.first_column; j < range.last_column; ++j) {
      cell.n += table_.n[i * table_.columns + j];
      cell.weight += weights_(i, j);
    }
  }
  cell.total_share = margins_.total > 0.0 ? cell.weight / margins_.total : kNoValue;
  cell.kpi_values = kpis_of(range);
  return cell;
}

std::vector<double> TableCells::kpis_of(const Range& range) const {
  std::vector<double> values;
  for (const PlannedKpi& kpi : plan_.kpis) {
    stats::Moments above, below;
    for (std::int64_t i = range.first_row; i < range.last_row; ++i) {
      for (std::int64_t j = range.first_column; j < range.last_column; ++j) {
        for (std::int64_t part = 0; part < table_.parts; ++part) {
          const std::int64_t group = table_.first_group + (i * table_.columns + j) * table_.parts + part;
          above = stats::merged(above, table_.moments->of(group, kpi.series));
          if (kpi.denominator >= 0) below = stats::merged(below, table_.moments->of(group, kpi.denominator));
        }
      }
    }
    double value = above.n > 0 ? above.mean : kNoValue;
    const double sum = above.mean * above.weight;
    if (kpi.spec.type == KpiType::sum && above.n > 0) value = sum;
    if (kpi.spec.type == KpiType::ratio)
      value = below.n > 0 && below.mean != 0.0 ? sum / (below.mean * below.weight) : kNoValue;
    // A median needs the rows, which a cell of a table does not keep.
    if (kpi.spec.type == KpiType::duration) value = kNoValue;
    values.push_back(above.n >= plan_.min_cell ? value : kNoValue);
  }
  return values;
}

void hide_cells(CrosstabCells& table, const std::vector<bool>& hidden) {
  const std::size_t rows = table.row_totals.size(), columns = table.column_totals.size();
  const auto is_hidden = [&](std::size_t i, std::size_t j) { return hidden[i * (columns + 1) + j]; };
  const auto treat = [&](CrosstabCell& cell, std::size_t i, std::size_t j) {
    if (is_hidden(i, j)) {
      hide(cell);
      return;
    }
    const bool row = is_hidden(i, columns), column = is_hidden(rows, j), all = is_hidden(rows, columns);
    if (row) cell.row_share = kNoValue;
    if (column) cell.column_share = kNoValue;
    if (all) cell.total_share = kNoValue;
    if (row || column || all) cell.residual = kNoValue;
  };
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      CrosstabCell& cell = table.cells[i * columns + j];
      treat(cell, i, j);
      table.suppressed_cells += cell.suppressed ? 1 : 0;
    }
    treat(table.row_totals[i], i, columns);
  }
  for (std::size_t j = 0; j < columns; ++j) treat(table.column_totals[j], rows, j);
  treat(table.total, rows, columns);
}

}  // namespace tessera
