// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include "analyse/crosstab.hpp"
#include "analyse/hidden_cells.hpp"
#include "analyse/results.hpp"
#include "analyse/share_slope.hpp"
#include "analyse/table_cells.hpp"

namespace tessera {
namespace {

class PeriodTabulator {
 public:
  PeriodTabulator(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t table)
      : plan_(plan), statistics_(statistics), planned_(plan.tables[table]), own_(statistics.tables[table]) {}

  /// @param table  has its names already
  PeriodCrosstab run(PeriodCrosstab table) {
    const std::size_t cells = table.rows.size() * table.columns.size();
    const std::int64_t parts = planned_.parts(plan_.segments);
    std::int64_t counted = 0;
    for (std::size_t p = 0; p < plan_.periods.size(); ++p) {
      const std::size_t first = p * cells;
      const TableCounts counts{std::ssize(table.rows),
                               std::ssize(table.columns),
                               own_.rows.data() + first,
                               own_.weight.data() + first,
                               &own_.moments,
                               static_cast<std::int64_t>(first) * parts,
                               parts};
      table.periods.push_back(TableCells(plan_, statistics_, counts).fill());
      counted += table.periods.back().total.n;
    }
    table.missing = statistics_.segmented_rows() - counted;
    hide_small(table);
    follow_rows(table);
    return table;
  }

 private:
  /// Periods are an axis of the table like the others: what a cell of all periods less those of the others would tell is
  /// hidden, too.
  void hide_small(PeriodCrosstab& table) const {
    const std::size_t rows = table.rows.size(), columns = table.columns.size();
    const TotalledTable totalled(own_.rows, {table.periods.size(), rows, columns});
    const std::vector<bool> hidden = hidden_cells(totalled, plan_.min_cell);
    const auto size = static_cast<std::ptrdiff_t>((rows + 1) * (columns + 1));
    for (std::size_t p = 0; p < table.periods.size(); ++p) {
      const auto first = hidden.begin() + static_cast<std::ptrdiff_t>(p) * size;
      hide_cells(table.periods[p], {first, first + size});
    }
  }

  /// From the cells that are shown.
  void follow_rows(PeriodCrosstab& table) const {
    const auto columns = static_cast<int>(table.columns.size());
    for (int row = 0; row < std::ssize(table.rows); ++row) {
      for (int column = -1; column < columns; ++column) {
        std::vector<PeriodShare> known;
        for (std::size_t p = 0; p < table.periods.size(); ++p) {
          const CrosstabCells& period = table.periods[p];
          const CrosstabCell& cell = column < 0 ? period.row_totals[static_cast<std::size_t>(row)]
                                                : period.cells[static_cast<std::size_t>(row * columns + column)];
          const CrosstabCell& of = column < 0 ? period.total : period.column_totals[static_cast<std::size_t>(column)];
          if (of.n < plan_.min_cell || std::isnan(cell.column_share)) continue;
          known.push_back({static_cast<std::int64_t>(p), cell.column_share, of.weight * statistics_.effective_share()});
        }
        ShareSlope slope = share_slope(known);
        table.trends.push_back({row, column, slope.slope, slope.interval, std::move(slope.test)});
      }
    }
    std::vector<TestResult*> tests;
    for (CrosstabTrend& trend : table.trends) tests.push_back(&trend.test);
    adjust(tests, "all rows and columns of this table");
  }

  const AnalysisPlan& plan_;
  const AnalysisStatistics& statistics_;
  const PlannedTable& planned_;
  const TableStatistics& own_;
};

}  // namespace

std::vector<PeriodCrosstab> follow_crosstabs(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                             std::span<const ColumnProfile> profiles,
                                             const std::vector<std::string>& segment_names) {
  std::vector<PeriodCrosstab> tables;
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const PlannedTable& planned = plan.tables[t];
    if (!planned.by_period) continue;
    const auto category = [&](int at) -> const PlannedCategory& { return plan.categories[static_cast<std::size_t>(at)]; };
    const auto name = [&](int at) { return profiles[static_cast<std::size_t>(category(at).profile)].name; };
    PeriodCrosstab table;
    table.row_column = name(planned.rows);
    table.column_column = planned.columns < 0 ? "segment" : name(planned.columns);
    table.rows = category(planned.rows).labels;
    table.columns = planned.columns < 0 ? segment_names : category(planned.columns).labels;
    for (const PlannedKpi& kpi : plan.kpis) table.kpis.push_back(kpi.spec.name);
    tables.push_back(PeriodTabulator(plan, statistics, t).run(std::move(table)));
  }
  return tables;
}

}  // namespace tessera
