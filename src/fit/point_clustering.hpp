// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/thread_pool.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// A bounded set of weighted points in memory (candidates of k-means||, samples, reference tables). Views never own.
struct WeightedPoints {
  MatrixView<const float> points;   ///< [n x d] finite
  std::span<const double> weights;  ///< [n] > 0
};

struct PointClusteringOptions {
  int segments = 8;  ///< k >= 1
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;  ///< separates the random draws of different uses of one seed; below 2^24
  int restarts = 10;         ///< >= 1
  int failed_swaps = 0;      ///< stop the swap search after so many failures in a row; 0: a default from k; -1: no swaps
};

struct PointClustering {
  Matrix<double> centroids;          ///< [k' x d], k' <= segments (fewer distinct points)
  std::vector<std::int32_t> labels;  ///< [n]
  double inertia = 0.0;              ///< weighted sum of squared distances
};

/// Weighted k-means of points in memory: the same on every machine and for every number of threads (restarts run in parallel if
/// `threads` is given). Greedy k-means++ (plain beyond k = 2,000; Arthur & Vassilvitskii 2007), Lloyd, then a swap search:
/// centroids are exchanged for points drawn by D^2 as long as that pays (Lattanzi & Sohler 2019); the best of `restarts`. Equal
/// points are merged first. The best three starts get the swap search. O((restarts * iterations + swaps) * n k d).
[[nodiscard]] PointClustering cluster_points(const WeightedPoints& data, const PointClusteringOptions& options,
                                             ThreadPool* threads = nullptr);

/// Lloyd only, from the given centroids [k x d], until no label changes; a centroid that loses its last point stays where it
/// is.
[[nodiscard]] PointClustering refine_points(const WeightedPoints& data, const Matrix<double>& centroids);

}  // namespace tessera
