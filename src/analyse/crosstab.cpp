// SPDX-License-Identifier: Apache-2.0
#include "analyse/crosstab.hpp"

#include <cmath>
#include <utility>

#include "analyse/results.hpp"
#include "analyse/table_cells.hpp"
#include "stats/column_letters.hpp"
#include "stats/cramers_v.hpp"
#include "stats/monte_carlo_independence.hpp"

namespace tessera {
namespace {

/// Expected counts below this make the chi-squared distribution a poor guide. Cochran (1954).
constexpr double kLeastExpected = 5.0;

void add_letters(MatrixView<const double> counts, Crosstab& table) {
  for (const stats::ColumnContrast& contrast : stats::column_contrasts(counts, {}, stats::Adjustment::benjamini_hochberg)) {
    CrosstabCell& cell = table.cells[static_cast<std::size_t>(contrast.row * counts.columns + contrast.column)];
    cell.letters += (cell.letters.empty() ? "" : " ") + stats::column_letter(contrast.larger_than);
  }
}

/// @param number  of the table: where its random numbers come from
void test(MatrixView<const double> counts, std::uint64_t seed, std::size_t number, Crosstab& table) {
  const stats::TestResult yates = stats::chi_squared_yates(counts);
  table.chi_squared = std::isnan(yates.p) ? to_test("Pearson's chi-squared test", stats::chi_squared_test(counts))
                                          : to_test("chi-squared test with Yates' correction", yates);
  table.g = to_test("likelihood-ratio test (G)", stats::g_test(counts));
  if (!(stats::least_expected(counts) < kLeastExpected)) return;
  const stats::MonteCarloP simulated = stats::monte_carlo_p(counts, seed, static_cast<std::uint32_t>(number));
  if (std::isnan(simulated.p)) return;
  table.monte_carlo.name = "chi-squared by random tables of the same margins";
  table.monte_carlo.statistic = static_cast<double>(simulated.tables);
  table.monte_carlo.p = simulated.p;
}

/// `table` has its names already.
Crosstab tabulate(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const TableCounts& counts, std::size_t number,
                  Crosstab table) {
  const TableCells cells(plan, statistics, counts);
  static_cast<CrosstabCells&>(table) = cells.fill();
  for (const PlannedKpi& kpi : plan.kpis) table.kpis.push_back(kpi.spec.name);
  table.missing = statistics.segmented_rows() - table.total.n;
  const stats::Association association = stats::cramers_v(cells.counts());
  table.cramers_v = to_effect("Cramer's V", association.v, association.interval, kNotableV);
  table.cramers_v_corrected = association.v_corrected;
  if (table.used_in_fit) return table;
  add_letters(cells.counts(), table);
  test(cells.counts(), plan.columns.seed, number, table);
  return table;
}

}  // namespace

std::vector<Crosstab> cross_tabulate(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                     std::span<const ColumnProfile> profiles, const std::vector<std::string>& segment_names) {
  std::vector<Crosstab> tables;
  const auto category = [&](int at) -> const PlannedCategory& { return plan.categories[static_cast<std::size_t>(at)]; };
  const auto name = [&](int at) { return profiles[static_cast<std::size_t>(category(at).profile)].name; };
  for (int c = 0; c < std::ssize(plan.categories); ++c) {
    const auto at = static_cast<std::size_t>(c);
    Crosstab table;
    table.row_column = name(c);
    table.column_column = "segment";
    table.used_in_fit = category(c).used_in_fit;
    table.rows = category(c).labels;
    table.columns = segment_names;
    const TableCounts counts{std::ssize(table.rows), plan.segments, statistics.category_rows[at].data(),
                             statistics.category_weight[at].data(), &statistics.categories[at]};
    tables.push_back(tabulate(plan, statistics, counts, at, std::move(table)));
  }
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const PlannedTable& planned = plan.tables[t];
    if (planned.by_period) continue;
    Crosstab table;
    table.row_column = name(planned.rows);
    table.column_column = name(planned.columns);
    table.rows = category(planned.rows).labels;
    table.columns = category(planned.columns).labels;
    const TableStatistics& own = statistics.tables[t];
    const TableCounts counts{
        std::ssize(table.rows),      std::ssize(table.columns), own.rows.data(), own.weight.data(), &own.moments, 0,
        planned.parts(plan.segments)};
    tables.push_back(tabulate(plan, statistics, counts, plan.categories.size() + t, std::move(table)));
  }
  std::vector<TestResult*> tests;
  for (Crosstab& table : tables) tests.push_back(&table.chi_squared);
  adjust(tests, "all cross-tabs");
  return tables;
}

}  // namespace tessera
