// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/matrix.hpp"

namespace tessera {

/// A bounded set of weighted points in memory (candidates of k-means||, samples, reference tables). Views never own.
struct WeightedPoints {
  MatrixView<const float> points;   ///< [n x d]
  std::span<const double> weights;  ///< [n] > 0
};

struct PointClusteringOptions {
  int segments = 8;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;   ///< separates the random draws of different uses of one seed
  int restarts = 10;
  int failed_swaps = 0;       ///< stop the swap search after so many failures; 0: a default from n and k
};

struct PointClustering {
  Matrix<double> centroids;          ///< [k' x d], k' <= segments (fewer distinct points)
  std::vector<std::int32_t> labels;  ///< [n]
  double inertia = 0.0;              ///< weighted sum of squared distances
};

/// Weighted k-means of points in memory, single-threaded and the same on every machine: greedy k-means++ (plain beyond
/// k = 2,000), Lloyd, then a deterministic swap search; the best of `restarts`. Equal points are merged first.
[[nodiscard]] PointClustering cluster_points(const WeightedPoints& data, const PointClusteringOptions& options);

/// Lloyd only, from the given centroids [k x d].
[[nodiscard]] PointClustering refine_points(const WeightedPoints& data, const Matrix<double>& centroids);

}  // namespace tessera
