// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fit/point_clustering.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Some rows of weighted points, copied.
struct RowSubset {
  Matrix<float> rows;           ///< [m x d]
  std::vector<double> weights;  ///< [m]
  [[nodiscard]] WeightedPoints points() const { return {rows.view(), weights}; }
};

/// The numbers 0 .. count - 1 in a random order: a pure function of the seed and the draw.
[[nodiscard]] std::vector<std::int64_t> random_order(std::int64_t count, std::uint64_t seed, std::uint32_t draw);

/// Weights in units of one customer: none below 1, so that pairs of rows can be counted.
/// @param weights  at least one, all > 0
[[nodiscard]] std::vector<double> unit_weights(std::vector<double> weights);

/// Rows `chosen` of `data`, in that order.
[[nodiscard]] RowSubset take_rows(const WeightedPoints& data, std::span<const std::int64_t> chosen);

}  // namespace tessera
