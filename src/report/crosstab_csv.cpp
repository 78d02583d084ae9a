// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <vector>

#include "report/analysis_files.hpp"
#include "report/csv_row.hpp"

namespace tessera {
namespace {

constexpr std::string_view kAll = "(all)";

/// The header, with a column for each KPI.
std::string with_kpis(std::string header, const std::vector<std::string>& kpis) {
  for (const std::string& kpi : kpis) {
    header += ',';
    append_csv_text(header, kpi);
  }
  return header;
}

double count_of(const CrosstabCell& cell) { return cell.suppressed ? kNoValue : static_cast<double>(cell.n); }

/// A line: some cells, then one for each KPI.
template <typename... Cells>
void add_line(CsvRows& rows, const CrosstabCell& cell, const Cells&... cells) {
  if (cell.kpi_values.empty()) {
    rows.row(cells...);
    return;
  }
  PlainCell kpis;
  for (const double value : cell.kpi_values) {
    if (&value != cell.kpi_values.data()) kpis.text += ',';
    append_csv_number(kpis.text, value);
  }
  rows.row(cells..., kpis);
}

/// Row after row with its total, then the totals of the columns.
/// @param visit  (row, column, cell); -1: all
template <typename Visit>
void for_each_cell(const CrosstabCells& table, Visit visit) {
  const int rows = static_cast<int>(table.row_totals.size()), columns = static_cast<int>(table.column_totals.size());
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) visit(i, j, table.cells[static_cast<std::size_t>(i * columns + j)]);
    visit(i, -1, table.row_totals[static_cast<std::size_t>(i)]);
  }
  for (int j = 0; j < columns; ++j) visit(-1, j, table.column_totals[static_cast<std::size_t>(j)]);
  visit(-1, -1, table.total);
}

std::string_view label_of(const std::vector<std::string>& labels, int at) {
  return at < 0 ? kAll : std::string_view(labels[static_cast<std::size_t>(at)]);
}

}  // namespace

std::string crosstab_csv(const Crosstab& table) {
  CsvRows rows(with_kpis(
      "row,column,n,weight,row_share,column_share,total_share,residual,larger_than,suppressed,test,statistic,df,p,p_adjusted,"
      "cramers_v,cramers_v_corrected",
      table.kpis));
  for_each_cell(table, [&](int row, int column, const CrosstabCell& cell) {
    add_line(rows, cell, label_of(table.rows, row), label_of(table.columns, column), count_of(cell), cell.weight,
             cell.row_share, cell.column_share, cell.total_share, cell.residual, cell.letters, cell.suppressed,
             table.chi_squared.name, table.chi_squared.statistic, table.chi_squared.df1, table.chi_squared.p,
             table.chi_squared.p_adjusted, table.cramers_v.value, table.cramers_v_corrected);
  });
  return rows.take();
}

std::string period_crosstab_csv(const Analysis& analysis, const PeriodCrosstab& table) {
  CsvRows rows(with_kpis(
      "period,row,column,n,weight,row_share,column_share,total_share,residual,suppressed,slope,slope_low,slope_high,test,"
      "statistic,p,p_adjusted",
      table.kpis));
  const CrosstabTrend none;
  for (std::size_t p = 0; p < table.periods.size(); ++p) {
    for_each_cell(table.periods[p], [&](int row, int column, const CrosstabCell& cell) {
      const std::size_t at = static_cast<std::size_t>(row) * (table.columns.size() + 1) + static_cast<std::size_t>(column + 1);
      const CrosstabTrend& trend = row < 0 ? none : table.trends[at];
      add_line(rows, cell, analysis.periods[p], label_of(table.rows, row), label_of(table.columns, column), count_of(cell),
               cell.weight, cell.row_share, cell.column_share, cell.total_share, cell.residual, cell.suppressed, trend.slope,
               trend.interval.low, trend.interval.high, trend.test.name, trend.test.statistic, trend.test.p,
               trend.test.p_adjusted);
    });
  }
  return rows.take();
}

}  // namespace tessera
