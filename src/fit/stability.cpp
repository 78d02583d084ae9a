// SPDX-License-Identifier: Apache-2.0
#include "fit/stability.hpp"

#include <algorithm>
#include <limits>

#include "fit/row_subset.hpp"
#include "fit/segmentation_path.hpp"
#include "stats/adjusted_rand.hpp"

namespace tessera {
namespace {

constexpr std::uint32_t kStreams = 1U << 20U;  // apart from those of the reference tables

std::vector<std::int32_t> nearest_labels(const WeightedPoints& sample, const Matrix<double>& centroids) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(sample.points.rows));
  for (std::int64_t i = 0; i < sample.points.rows; ++i) {
    const auto row = sample.points.row(i);
    double best = std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      const auto centroid = centroids.row(c);
      double distance = 0.0;
      for (std::size_t j = 0; j < row.size(); ++j) {
        const double difference = static_cast<double>(row[j]) - centroid[j];
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(c);
      }
    }
  }
  return labels;
}

}  // namespace

std::vector<double> half_sample_agreement(const WeightedPoints& sample, std::span<const std::vector<std::int32_t>> labelings,
                                          std::uint64_t seed, int number) {
  const std::vector<std::int64_t> order = random_order(sample.points.rows, seed, static_cast<std::uint32_t>(number / 2));
  const std::size_t middle = order.size() / 2;
  const auto rows = number % 2 == 0 ? std::span(order).first(middle) : std::span(order).subspan(middle);
  const RowSubset half = take_rows(sample, rows);
  const std::vector<PointClustering> refits =
      segmentation_path(half.points(), static_cast<int>(labelings.size()), seed, kStreams + static_cast<std::uint32_t>(number));
  std::vector<double> agreement;
  for (std::size_t k = 0; k < labelings.size(); ++k) {
    agreement.push_back(stats::adjusted_rand_index(labelings[k], nearest_labels(sample, refits[k].centroids), sample.weights));
  }
  return agreement;
}

}  // namespace tessera
