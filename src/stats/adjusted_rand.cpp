// SPDX-License-Identifier: Apache-2.0
#include "stats/adjusted_rand.hpp"

#include <algorithm>

#include "stats/contingency.hpp"
#include "stats/small_matrix.hpp"

namespace tessera::stats {
namespace {

double pairs(double rows) { return rows * (rows - 1.0) / 2.0; }

double pairs_in(std::span<const double> counts) {
  double sum = 0.0;
  for (const double count : counts) {
    if (count > 0.0) sum += pairs(count);
  }
  return sum;
}

}  // namespace

double adjusted_rand_index(MatrixView<const double> counts) {
  const Margins margins = margins_of(counts);
  const double together = pairs_in(elements(counts));
  const double in_rows = pairs_in(margins.rows);
  const double in_columns = pairs_in(margins.columns);
  const double all = pairs(margins.total);
  const double expected = all > 0.0 ? in_rows * in_columns / all : 0.0;
  const double most = (in_rows + in_columns) / 2.0;
  // Both partitions trivial (one group each, or all rows alone): they agree.
  if (most == expected) return 1.0;
  return (together - expected) / (most - expected);
}

double adjusted_rand_index(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                           std::span<const double> weights) {
  if (first.empty()) return 1.0;
  Matrix<double> counts(*std::ranges::max_element(first) + 1, *std::ranges::max_element(second) + 1);
  for (std::size_t i = 0; i < first.size(); ++i) counts(first[i], second[i]) += weights.empty() ? 1.0 : weights[i];
  return adjusted_rand_index(counts.view());
}

}  // namespace tessera::stats
