// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fit/point_clustering.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Distinct weighted points in float64, feature by feature, so that distances of neighbouring points share vector registers.
/// All arithmetic is elementwise or in a fixed order: the same bits for every instruction set.
class PointSet {
 public:
  /// Merges equal points; `group` [n] tells where each went.
  explicit PointSet(const WeightedPoints& data);

  [[nodiscard]] std::int64_t size() const { return size_; }
  [[nodiscard]] std::int64_t features() const { return features_; }
  [[nodiscard]] double weight(std::int64_t i) const { return weights_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] std::span<const std::int32_t> group() const { return group_; }
  /// Copies point i [d].
  void copy_point(std::int64_t i, std::span<double> out) const;

  /// Nearest and second nearest centroid of every point, ties to the lowest index.
  struct Assignment {
    std::vector<std::int32_t> label;  ///< [n]
    std::vector<double> first;        ///< [n] squared distance to the nearest
    std::vector<double> second;       ///< [n] squared distance to the second nearest; infinite if k = 1
    double inertia = 0.0;
  };
  void assign(const Matrix<double>& centroids, Assignment& out) const;

  /// Squared distances of every point to one position [d] into out [n].
  void distances_to(std::span<const double> position, std::span<double> out) const;

  /// Moves every centroid that has points to their weighted mean.
  void update(const Assignment& assignment, Matrix<double>& centroids) const;

 private:
  std::int64_t size_ = 0;
  std::int64_t features_ = 0;
  std::vector<double> columns_;  ///< [d x n], for distances
  std::vector<double> rows_;     ///< [n x d], for sums
  std::vector<double> weights_;  ///< [n]
  std::vector<std::int32_t> group_;
};

}  // namespace tessera
