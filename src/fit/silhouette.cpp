// SPDX-License-Identifier: Apache-2.0
#include "fit/silhouette.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera {
namespace {

/// Weights of the segments of one labeling, and how far one row is from each of them.
class Labeling {
 public:
  Labeling(std::span<const std::int32_t> labels, std::span<const double> weights, double unit)
      : labels_(labels), weights_(weights), unit_(unit), total_(static_cast<std::size_t>(std::ranges::max(labels)) + 1) {
    for (std::size_t i = 0; i < labels.size(); ++i) total_[static_cast<std::size_t>(labels[i])] += weights[i];
    distance_.resize(total_.size());
    segments_ = std::ranges::count_if(total_, [](double total) { return total > 0.0; });
  }

  /// @param distances  [n] of row i to every row
  [[nodiscard]] double silhouette(std::size_t i, std::span<const double> distances) {
    const auto own = static_cast<std::size_t>(labels_[i]);
    const double others = total_[own] - unit_;  // weight of the row's own segment without one customer
    if (segments_ < 2 || others <= 0.0) return 0.0;
    std::ranges::fill(distance_, 0.0);
    for (std::size_t j = 0; j < distances.size(); ++j)
      distance_[static_cast<std::size_t>(labels_[j])] += weights_[j] * distances[j];
    const double within = distance_[own] / others;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < total_.size(); ++c) {
      if (c != own && total_[c] > 0.0) nearest = std::min(nearest, distance_[c] / total_[c]);
    }
    const double larger = std::max(within, nearest);
    return larger > 0.0 ? (nearest - within) / larger : 0.0;
  }

 private:
  std::span<const std::int32_t> labels_;
  std::span<const double> weights_;
  double unit_;
  std::vector<double> total_;
  std::vector<double> distance_;
  std::ptrdiff_t segments_ = 0;
};

}  // namespace

std::vector<double> mean_silhouettes(const WeightedPoints& data, std::span<const std::vector<std::int32_t>> labelings) {
  std::vector<double> means(labelings.size());
  const auto n = static_cast<std::size_t>(data.points.rows);
  const auto d = static_cast<std::size_t>(data.points.columns);
  if (n == 0) return means;
  const double unit = std::min(1.0, *std::ranges::min_element(data.weights));
  std::vector<Labeling> scored;
  for (const auto& labels : labelings) scored.emplace_back(labels, data.weights, unit);
  std::vector<double> columns(n * d);  // feature by feature, so that neighbouring rows share vector registers
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < d; ++j) columns[j * n + i] = static_cast<double>(data.points.data[i * d + j]);
  }
  double total = 0.0;
  std::vector<double> distances(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::ranges::fill(distances, 0.0);
    for (std::size_t j = 0; j < d; ++j) {
      const double* column = columns.data() + j * n;
      const double here = column[i];
      for (std::size_t other = 0; other < n; ++other) {
        const double difference = column[other] - here;
        distances[other] += difference * difference;
      }
    }
    for (double& distance : distances) distance = std::sqrt(distance);
    for (std::size_t c = 0; c < scored.size(); ++c) means[c] += data.weights[i] * scored[c].silhouette(i, distances);
    total += data.weights[i];
  }
  for (double& mean : means) mean /= total;
  return means;
}

}  // namespace tessera
