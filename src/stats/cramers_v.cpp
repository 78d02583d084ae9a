// SPDX-License-Identifier: Apache-2.0
#include "stats/cramers_v.hpp"

#include <algorithm>
#include <cmath>

#include "stats/contingency.hpp"
#include "stats/distributions.hpp"

namespace tessera::stats {

Association cramers_v(MatrixView<const double> counts, double confidence) {
  const TestResult test = chi_squared_test(counts);
  if (std::isnan(test.statistic)) return {};
  const Margins margins = margins_of(counts);
  const double n = margins.total;
  const double rows = margins.filled_rows();
  const double columns = margins.filled_columns();
  const double most = n * (std::min(rows, columns) - 1.0);  // of chi-squared
  Association result;
  result.v = std::min(1.0, std::sqrt(test.statistic / most));
  const double tail = (1.0 - confidence) / 2.0;
  const auto v_at = [&](double p) {
    const double centrality = chi_squared_noncentrality(test.statistic, test.degrees_of_freedom, p);
    return std::min(1.0, std::sqrt(centrality / most));
  };
  result.interval = {v_at(1.0 - tail), v_at(tail)};
  if (n > 1.0) {
    const double by_chance = test.degrees_of_freedom / (n - 1.0);
    const double fewer_rows = rows - (rows - 1.0) * (rows - 1.0) / (n - 1.0);
    const double fewer_columns = columns - (columns - 1.0) * (columns - 1.0) / (n - 1.0);
    const double above = std::max(0.0, test.statistic / n - by_chance);
    result.v_corrected = above > 0.0 ? std::min(1.0, std::sqrt(above / (std::min(fewer_rows, fewer_columns) - 1.0))) : 0.0;
  }
  return result;
}

double phi(MatrixView<const double> counts) {
  if (counts.rows != 2 || counts.columns != 2 || !is_table_of_counts(counts)) return kUndefined;
  const Margins margins = margins_of(counts);
  if (margins.filled_rows() < 2.0 || margins.filled_columns() < 2.0) return kUndefined;
  const double scale =
      std::sqrt(margins.rows[0]) * std::sqrt(margins.rows[1]) * std::sqrt(margins.columns[0]) * std::sqrt(margins.columns[1]);
  return (counts(0, 0) * counts(1, 1) - counts(0, 1) * counts(1, 0)) / scale;
}

}  // namespace tessera::stats
