// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "stats/co_moments.hpp"
#include "tessera/analysis_passes.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Co-moments of every two columns within every segment, as statistics want them.
class CoMomentTable {
 public:
  /// @param centers  [segments x columns] what the sums are about: cells count as x - center
  CoMomentTable(GroupMoments sums, Matrix<double> centers) : sums_(std::move(sums)), centers_(std::move(centers)) {}

  [[nodiscard]] std::int64_t segments() const { return sums_.groups; }
  [[nodiscard]] std::int64_t columns() const { return sums_.columns; }
  /// Of the rows that have both; means count from the first segment's center. A spread that cannot be told from rounding is
  /// none.
  [[nodiscard]] stats::CoMoments of(std::int64_t segment, std::int64_t x, std::int64_t y) const;
  /// All segments together.
  [[nodiscard]] stats::CoMoments of_all(std::int64_t x, std::int64_t y) const;
  /// Means of the columns within the segments, where there are any cells, else the centers.
  [[nodiscard]] Matrix<double> means() const;
  /// Whether the mean of a column within a segment lies so far from its center that rounding would show: then the sums should
  /// be taken anew, about the means.
  [[nodiscard]] bool far_from_center() const;

 private:
  GroupMoments sums_;
  Matrix<double> centers_;
};

}  // namespace tessera
