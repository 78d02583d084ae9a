// SPDX-License-Identifier: Apache-2.0
#include "analyse/keep_probability.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "analyse/keep_refits.hpp"
#include "fit/point_clustering.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostWork = 500'000;  ///< rows x segments x features: about a second
constexpr std::uint64_t kStreams = 1U << 22U;
constexpr int kRestarts = 2;
constexpr int kFailedSwaps = 4;

template <typename T>
RowSegment nearest(std::span<const float> row, const Matrix<T>& centroids) {
  RowSegment found;
  double first = std::numeric_limits<double>::infinity(), second = first;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    const auto centroid = centroids.row(c);
    double distance = 0.0;
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double difference = static_cast<double>(row[j]) - static_cast<double>(centroid[j]);
      distance += difference * difference;
    }
    if (distance < first) {
      second = std::exchange(first, distance);
      found.runner_up = c == 0 ? -1 : found.segment;
      found.segment = static_cast<std::int32_t>(c);
    } else if (distance < second) {
      second = distance;
      found.runner_up = static_cast<std::int32_t>(c);
    }
  }
  const double near = std::sqrt(first), far = std::sqrt(second);
  if (found.runner_up >= 0) found.margin = far > 0.0 ? (far - near) / (far + near) : 0.0;
  return found;
}

KeepRefit refit(const RowCollection& sample, std::int64_t segments, std::uint64_t seed, int number) {
  const std::vector<double> weights = bootstrap_weights(sample, seed, number);
  RowCollection drawn(sample.values.columns());
  for (std::size_t i = 0; i < sample.rows.size(); ++i) {
    if (weights[i] > 0.0) drawn.add({0, sample.rows[i].id, weights[i]}, sample.values.row(static_cast<std::int64_t>(i)));
  }
  KeepRefit result;
  if (drawn.rows.empty()) return result;
  const PointClustering fitted = cluster_points(drawn.points(), {.segments = static_cast<int>(segments),
                                                                 .seed = seed,
                                                                 .stream = kStreams + static_cast<std::uint64_t>(number),
                                                                 .restarts = kRestarts,
                                                                 .failed_swaps = kFailedSwaps});
  for (std::int64_t i = 0; i < sample.values.rows(); ++i) {
    result.labels.push_back(nearest(sample.values.row(i), fitted.centroids).segment);
  }
  result.segments = fitted.centroids.rows();
  return result;
}

}  // namespace

std::optional<KeepProbability> keep_probability(RowCollection sample, const Matrix<float>& centroids, std::uint64_t seed,
                                                double boundary_margin, ThreadPool& threads) {
  const std::int64_t k = centroids.rows();
  if (k < 2) return std::nullopt;
  sample.keep_smallest(kMostWork / (k * centroids.columns()));
  const std::int64_t rows = std::ssize(sample.rows);
  if (rows < k * kKeepFewestRows) return std::nullopt;
  std::vector<RowSegment> own;
  for (std::int64_t i = 0; i < rows; ++i) own.push_back(nearest(sample.values.row(i), centroids));
  return keep_over_refits(
      sample, own, k, boundary_margin, [&](int number) { return refit(sample, k, seed, number); }, threads);
}

}  // namespace tessera
