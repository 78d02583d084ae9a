// SPDX-License-Identifier: Apache-2.0
#include "stats/contingency.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>

#include "stats/distributions.hpp"
#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

constexpr double kRounding = 1e-12;  // a margin this close to all is all

double filled(const std::vector<double>& sums) {
  return static_cast<double>(std::ranges::count_if(sums, [](double sum) { return sum > 0.0; }));
}

/// Sums what `term(observed, expected)` says over the cells whose row and column are not empty, as a chi-squared statistic.
template <typename Term>
TestResult independence_test(MatrixView<const double> counts, Term term) {
  if (!is_table_of_counts(counts)) return {};
  const Margins margins = margins_of(counts);
  const double df = (margins.filled_rows() - 1.0) * (margins.filled_columns() - 1.0);
  if (margins.total <= 0.0 || df <= 0.0) return {};
  double statistic = 0.0;
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    for (std::int64_t j = 0; j < counts.columns; ++j) {
      const double expected = margins.expected(i, j);
      if (expected > 0.0) statistic += term(counts(i, j), expected);
    }
  }
  return {statistic, df, chi_squared_upper(std::max(0.0, statistic), df)};
}

}  // namespace

bool is_table_of_counts(MatrixView<const double> counts) {
  return std::ranges::all_of(elements(counts), [](double cell) { return cell >= 0.0 && std::isfinite(cell); });
}

Matrix<double> effective_counts(MatrixView<const double> weights, double weight_squares) {
  const double total = margins_of(weights).total;
  const double scale = weight_squares > 0.0 ? total / weight_squares : 0.0;
  return transformed(weights, [&](double weight) { return weight * scale; });
}

double Margins::filled_rows() const { return filled(rows); }

double Margins::filled_columns() const { return filled(columns); }

double Margins::expected(std::int64_t i, std::int64_t j) const {
  return rows[static_cast<std::size_t>(i)] * (columns[static_cast<std::size_t>(j)] / total);
}

Margins margins_of(MatrixView<const double> counts) {
  Margins margins;
  margins.columns.resize(static_cast<std::size_t>(counts.columns));
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    const std::span<const double> row = counts.row(i);
    margins.rows.push_back(std::accumulate(row.begin(), row.end(), 0.0));
    std::ranges::transform(row, margins.columns, margins.columns.begin(), std::plus<>{});
  }
  margins.total = std::accumulate(margins.rows.begin(), margins.rows.end(), 0.0);
  return margins;
}

double least_expected(MatrixView<const double> counts) {
  if (!is_table_of_counts(counts)) return kUndefined;
  const Margins margins = margins_of(counts);
  const auto least = [](const std::vector<double>& sums) {
    double result = std::numeric_limits<double>::infinity();
    for (const double sum : sums) result = sum > 0.0 ? std::min(result, sum) : result;
    return result;
  };
  return margins.total > 0.0 ? least(margins.rows) * least(margins.columns) / margins.total : kUndefined;
}

TestResult chi_squared_test(MatrixView<const double> counts) {
  return independence_test(
      counts, [](double observed, double expected) { return (observed - expected) * (observed - expected) / expected; });
}

TestResult chi_squared_yates(MatrixView<const double> counts) {
  const TestResult result = independence_test(counts, [](double observed, double expected) {
    const double apart = std::max(0.0, std::abs(observed - expected) - 0.5);
    return apart * apart / expected;
  });
  return result.degrees_of_freedom == 1.0 ? result : TestResult{};
}

TestResult g_test(MatrixView<const double> counts) {
  return independence_test(counts, [](double observed, double expected) {
    return observed > 0.0 ? 2.0 * observed * std::log(observed / expected) : 0.0;
  });
}

Matrix<double> adjusted_residuals(MatrixView<const double> counts) {
  Matrix<double> residuals(counts.rows, counts.columns, kUndefined);
  if (!is_table_of_counts(counts)) return residuals;
  const Margins margins = margins_of(counts);
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    for (std::int64_t j = 0; j < counts.columns; ++j) {
      const double expected = margins.expected(i, j);
      const double other_rows = 1.0 - margins.rows[static_cast<std::size_t>(i)] / margins.total;
      const double other_columns = 1.0 - margins.columns[static_cast<std::size_t>(j)] / margins.total;
      const double variance = expected * other_rows * other_columns;
      if (variance > kRounding * expected) residuals(i, j) = (counts(i, j) - expected) / std::sqrt(variance);
    }
  }
  return residuals;
}

}  // namespace tessera::stats
