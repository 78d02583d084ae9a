// SPDX-License-Identifier: Apache-2.0
#include "stats/adjusted_rand.hpp"

#include <algorithm>
#include <vector>

namespace tessera::stats {
namespace {

double pairs(double rows) { return rows * (rows - 1.0) / 2.0; }

double pairs_in(const std::vector<double>& counts) {
  double sum = 0.0;
  for (const double count : counts) {
    if (count > 0.0) sum += pairs(count);
  }
  return sum;
}

}  // namespace

double adjusted_rand_index(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                           std::span<const double> weights) {
  if (first.empty()) return 1.0;
  const auto rows = static_cast<std::size_t>(*std::ranges::max_element(first)) + 1;
  const auto columns = static_cast<std::size_t>(*std::ranges::max_element(second)) + 1;
  std::vector<double> joint(rows * columns), row_totals(rows), column_totals(columns);
  double total = 0.0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    const auto row = static_cast<std::size_t>(first[i]);
    const auto column = static_cast<std::size_t>(second[i]);
    joint[row * columns + column] += weight;
    row_totals[row] += weight;
    column_totals[column] += weight;
    total += weight;
  }
  const double together = pairs_in(joint);
  const double in_rows = pairs_in(row_totals);
  const double in_columns = pairs_in(column_totals);
  const double all = pairs(total);
  const double expected = all > 0.0 ? in_rows * in_columns / all : 0.0;
  const double most = (in_rows + in_columns) / 2.0;
  // Both partitions trivial (one group each, or all rows alone): they agree.
  if (most == expected) return 1.0;
  return (together - expected) / (most - expected);
}

}  // namespace tessera::stats
