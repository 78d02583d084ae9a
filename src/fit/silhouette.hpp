// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fit/point_clustering.hpp"

namespace tessera {

/// Exact mean silhouettes (Rousseeuw 1987; Euclidean distance) of several labelings of the same rows: every distance is
/// computed once for all of them. A row of weight w counts as w equal rows: it has w - 1 neighbours at distance 0. Rows alone
/// in their segment count 0; a labeling with fewer than two segments has 0. O(n^2 d) time, O(n d) memory.
/// @param data       weights in units of one row, >= 1 unless all are smaller
/// @param labelings  each [n], labels from 0
[[nodiscard]] std::vector<double> mean_silhouettes(const WeightedPoints& data,
                                                   std::span<const std::vector<std::int32_t>> labelings);

}  // namespace tessera
