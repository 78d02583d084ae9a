// SPDX-License-Identifier: Apache-2.0
#include "fit/row_subset.hpp"

#include <algorithm>
#include <utility>

#include "exact/philox.hpp"

namespace tessera {

std::vector<std::int64_t> random_order(std::int64_t count, std::uint64_t seed, std::uint32_t draw) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> keys;
  keys.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    keys.emplace_back(exact::random_bits(seed, exact::Purpose::resample, static_cast<std::uint64_t>(i), draw), i);
  }
  std::ranges::sort(keys);
  std::vector<std::int64_t> order;
  order.reserve(keys.size());
  for (const auto& [key, row] : keys) order.push_back(row);
  return order;
}

std::vector<double> unit_weights(std::vector<double> weights) {
  const double unit = std::min(1.0, *std::ranges::min_element(weights));
  for (double& weight : weights) weight /= unit;
  return weights;
}

RowSubset take_rows(const WeightedPoints& data, std::span<const std::int64_t> chosen) {
  RowSubset subset{Matrix<float>(static_cast<std::int64_t>(chosen.size()), data.points.columns), {}};
  subset.weights.reserve(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    std::ranges::copy(data.points.row(chosen[i]), subset.rows.row(static_cast<std::int64_t>(i)).begin());
    subset.weights.push_back(data.weights[static_cast<std::size_t>(chosen[i])]);
  }
  return subset;
}

}  // namespace tessera
