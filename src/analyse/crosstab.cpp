// SPDX-License-Identifier: Apache-2.0
#include "analyse/crosstab.hpp"

#include <algorithm>
#include <cmath>

#include "analyse/kpi_value.hpp"
#include "analyse/results.hpp"
#include "stats/column_letters.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/monte_carlo_independence.hpp"

namespace tessera {
namespace {

/// Expected counts below this make the chi-squared distribution a poor guide. Cochran (1954).
constexpr double kLeastExpected = 5.0;

class Tabulator {
 public:
  Tabulator(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t category)
      : plan_(plan),
        statistics_(statistics),
        category_(category),
        planned_(plan.categories[category]),
        rows_(std::ssize(planned_.labels)),
        columns_(plan.segments),
        weights_{statistics.category_weight[category].data(), rows_, columns_},
        margins_(stats::margins_of(weights_)),
        counts_(stats::effective_counts(weights_, margins_.total / statistics.effective_share())) {}

  Crosstab run(std::string name, const std::vector<std::string>& segment_names) {
    table_.row_column = std::move(name);
    table_.column_column = "segment";
    table_.used_in_fit = planned_.used_in_fit;
    table_.rows = planned_.labels;
    table_.columns = segment_names;
    for (const PlannedKpi& kpi : plan_.kpis) table_.kpis.push_back(kpi.spec.name);
    fill_cells();
    fill_margins();
    test();
    table_.missing = statistics_.segmented_rows() - table_.total.n;
    return std::move(table_);
  }

 private:
  [[nodiscard]] std::int64_t rows_of(std::int64_t row, std::int64_t column) const {
    return statistics_.category_rows[category_][static_cast<std::size_t>(row * columns_ + column)];
  }

  void fill_cells() {
    const Matrix<double> residuals = stats::adjusted_residuals(counts_.view());
    for (std::int64_t i = 0; i < rows_; ++i) {
      for (std::int64_t j = 0; j < columns_; ++j) {
        CrosstabCell& cell = table_.cells.emplace_back();
        const double row = margins_.rows[static_cast<std::size_t>(i)], column = margins_.columns[static_cast<std::size_t>(j)];
        cell.n = rows_of(i, j);
        cell.weight = weights_(i, j);
        cell.row_share = row > 0.0 ? cell.weight / row : kNoValue;
        cell.column_share = column > 0.0 ? cell.weight / column : kNoValue;
        cell.total_share = margins_.total > 0.0 ? cell.weight / margins_.total : kNoValue;
        cell.residual = residuals(i, j);
        cell.kpi_values = kpis_of(i, i + 1, j, j + 1);
      }
    }
    if (planned_.used_in_fit) return;
    for (const stats::ColumnContrast& contrast :
         stats::column_contrasts(counts_.view(), {}, stats::Adjustment::benjamini_hochberg)) {
      CrosstabCell& cell = table_.cells[static_cast<std::size_t>(contrast.row * columns_ + contrast.column)];
      cell.letters += (cell.letters.empty() ? "" : " ") + stats::column_letter(contrast.larger_than);
    }
  }

  /// The KPIs of the rows and columns in a range of the table.
  [[nodiscard]] std::vector<double> kpis_of(std::int64_t first_row, std::int64_t last_row, std::int64_t first_column,
                                            std::int64_t last_column) const {
    std::vector<double> values;
    const SeriesMoments& moments = statistics_.categories[category_];
    for (const PlannedKpi& kpi : plan_.kpis) {
      stats::Moments above, below;
      for (std::int64_t i = first_row; i < last_row; ++i) {
        for (std::int64_t j = first_column; j < last_column; ++j) {
          above = stats::merged(above, moments.of(i * columns_ + j, kpi.series));
          if (kpi.denominator >= 0) below = stats::merged(below, moments.of(i * columns_ + j, kpi.denominator));
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

  void fill_margins() {
    const auto fill = [&](CrosstabCell& cell, std::int64_t first_row, std::int64_t last_row, std::int64_t first_column,
                          std::int64_t last_column) {
      cell.weight = 0.0;
      for (std::int64_t i = first_row; i < last_row; ++i) {
        for (std::int64_t j = first_column; j < last_column; ++j) {
          cell.n += rows_of(i, j);
          cell.weight += weights_(i, j);
        }
      }
      cell.total_share = margins_.total > 0.0 ? cell.weight / margins_.total : kNoValue;
      cell.kpi_values = kpis_of(first_row, last_row, first_column, last_column);
    };
    for (std::int64_t i = 0; i < rows_; ++i) {
      CrosstabCell& cell = table_.row_totals.emplace_back();
      fill(cell, i, i + 1, 0, columns_);
      cell.row_share = 1.0;
      cell.column_share = cell.total_share;
    }
    for (std::int64_t j = 0; j < columns_; ++j) {
      CrosstabCell& cell = table_.column_totals.emplace_back();
      fill(cell, 0, rows_, j, j + 1);
      cell.row_share = cell.total_share;
      cell.column_share = 1.0;
    }
    fill(table_.total, 0, rows_, 0, columns_);
    table_.total.row_share = table_.total.column_share = 1.0;
  }

  void test() {
    const auto counts = counts_.view();
    const stats::Association association = stats::cramers_v(counts);
    table_.cramers_v = to_effect("Cramer's V", association.v, association.interval, kNotableV);
    table_.cramers_v_corrected = association.v_corrected;
    if (planned_.used_in_fit) return;
    const stats::TestResult yates = stats::chi_squared_yates(counts);
    table_.chi_squared = std::isnan(yates.p) ? to_test("Pearson's chi-squared test", stats::chi_squared_test(counts))
                                             : to_test("chi-squared test with Yates' correction", yates);
    table_.g = to_test("likelihood-ratio test (G)", stats::g_test(counts));
    if (!(stats::least_expected(counts) < kLeastExpected)) return;
    const stats::MonteCarloP simulated =
        stats::monte_carlo_p(counts, plan_.columns.seed, static_cast<std::uint32_t>(category_));
    if (std::isnan(simulated.p)) return;
    table_.monte_carlo.name = "chi-squared by random tables of the same margins";
    table_.monte_carlo.statistic = static_cast<double>(simulated.tables);
    table_.monte_carlo.p = simulated.p;
  }

  const AnalysisPlan& plan_;
  const AnalysisStatistics& statistics_;
  std::size_t category_;
  const PlannedCategory& planned_;
  std::int64_t rows_, columns_;
  MatrixView<const double> weights_;
  stats::Margins margins_;
  Matrix<double> counts_;
  Crosstab table_;
};

}  // namespace

std::vector<Crosstab> cross_tabulate(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                     std::span<const ColumnProfile> profiles, const std::vector<std::string>& segment_names) {
  std::vector<Crosstab> tables;
  for (std::size_t c = 0; c < plan.categories.size(); ++c) {
    const PlannedCategory& category = plan.categories[c];
    const std::string& name = profiles[static_cast<std::size_t>(category.profile)].name;
    tables.push_back(Tabulator(plan, statistics, c).run(name, segment_names));
  }
  std::vector<TestResult*> tests;
  for (Crosstab& table : tables) tests.push_back(&table.chi_squared);
  adjust(tests, "all cross-tabs");
  return tables;
}

}  // namespace tessera
