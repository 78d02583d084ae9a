// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "fit/point_clustering.hpp"

namespace tessera {

/// k-means for k = 1, 2, ..., largest, each from the one before: the new centroid is the best of a few points drawn by D^2,
/// then Lloyd until the dispersion hardly falls. One run finds what restarts find at a fraction of the cost, and falls from k -
/// 1 to k scatter little, which is what makes them comparable between tables. After Likas, Vlassis & Verbeek, The global
/// k-means clustering algorithm (2003). Where the distinct points run out, the last clustering is repeated. Single-threaded; a
/// pure function of the data, the seed and the stream, whatever the order of the rows. O(largest^2 * iterations * n d).
/// @return [largest] clusterings, index k - 1
[[nodiscard]] std::vector<PointClustering> segmentation_path(const WeightedPoints& data, int largest, std::uint64_t seed,
                                                             std::uint32_t stream);

}  // namespace tessera
