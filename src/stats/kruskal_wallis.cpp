// SPDX-License-Identifier: Apache-2.0
#include "stats/kruskal_wallis.hpp"

#include <vector>

#include "stats/contingency.hpp"
#include "stats/distributions.hpp"

namespace tessera::stats {

RankTest kruskal_wallis(MatrixView<const double> counts) {
  if (!is_table_of_counts(counts)) return {};
  const Margins margins = margins_of(counts);
  // Mid-ranks about their mean; H is the share of their sum of squares that lies between the groups, times n - 1, and ties need
  // no correction of their own.
  std::vector<double> rank_sums(margins.columns.size());
  double total = 0.0;
  double reached = 0.0;
  for (std::int64_t i = 0; i < counts.rows; ++i) {
    const double tied = margins.rows[static_cast<std::size_t>(i)];
    const double rank = reached + tied / 2.0 - margins.total / 2.0;
    reached += tied;
    total += tied * rank * rank;
    for (std::size_t g = 0; g < rank_sums.size(); ++g) rank_sums[g] += counts(i, static_cast<std::int64_t>(g)) * rank;
  }
  double between = 0.0;
  for (std::size_t g = 0; g < rank_sums.size(); ++g) {
    if (margins.columns[g] > 0.0) between += rank_sums[g] * rank_sums[g] / margins.columns[g];
  }
  const double df = margins.filled_columns() - 1.0;
  if (margins.filled_rows() < 2 || df < 1.0) return {};
  RankTest result;
  result.epsilon_squared = between / total;
  const double h = result.epsilon_squared * (margins.total - 1.0);
  if (h >= 0.0) result.test = {h, df, chi_squared_upper(h, df)};
  return result;
}

}  // namespace tessera::stats
