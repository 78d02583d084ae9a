// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/statistics.hpp"

namespace tessera {

/// What a series of passes keeps of a row (Hamerly 2010, with the drift of the centroids added up instead of taken off every
/// row): the row stays with its segment while `slack` exceeds the segment's drift.
struct RowState {
  float slack = 0.0F;             ///< how much farther every other centroid was, plus the segment's drift at that time
  std::int32_t segment_plus = 0;  ///< segment + 1; 0: not seen yet
};

/// What a row's slack is cut by, derived in docs/numerics.md: factors of 1 + and 1 - kSlackLoose for the float32 roundings of
/// its evaluation, kSlackRounding of the squares it is made from, and kSlackRounding of the distance for what the reference
/// rounds.
inline constexpr float kSlackLoose = 0x1p-18F;
inline constexpr float kSlackRounding = 0x1p-20F;

/// The slack of a row whose two least reference distances are known.
[[nodiscard]] inline float slack_between(double first_distance2, double second_distance2) {
  const double farther = std::sqrt(second_distance2);
  const double cut = farther * static_cast<double>(kSlackRounding);
  const auto slack =
      static_cast<float>((farther - std::sqrt(first_distance2)) * (1.0 - static_cast<double>(kSlackLoose)) - cut);
  return slack > 0.0F ? slack : 0.0F;
}

/// How far centroids moved since the first pass of a series, as it can bring another centroid nearer than a row's own: per
/// segment, the sum over passes of its own move and of the farthest move of any other. See docs/numerics.md.
class SegmentDrift {
 public:
  /// Takes note of the centroids of the next pass; those of the first start at zero.
  void advance(MatrixView<const float> centroids);

  /// The slack to keep for a row of `segment` whose others are farther by `gap` now: never more than the true sum.
  [[nodiscard]] float keep(std::int32_t segment, float gap) const {
    return (gap + lower_[static_cast<std::size_t>(segment)]) * kShrink;
  }
  /// Whether what is kept of a row settles its label in the present pass.
  [[nodiscard]] bool settles(const RowState& row) const {
    return row.slack > upper_[static_cast<std::size_t>(row.segment_plus)];
  }
  /// [k + 1] what `settles` compares with, by segment + 1.
  [[nodiscard]] std::span<const float> limits() const { return upper_; }

 private:
  static constexpr float kShrink = 1.0F - 0x1p-22F;  // covers the rounding of the sum and of this product

  Matrix<float> centroids_;    ///< of the present pass
  std::vector<double> total_;  ///< [k]
  std::vector<float> lower_;   ///< [k] total_ rounded down
  std::vector<float> upper_;   ///< [k + 1] by segment + 1, rounded up; [0] is infinite, so that unseen rows are never settled
};

/// The memory of a series of passes beyond the rows' own state.
struct SeriesMemory {
  SegmentDrift drift;
  NearestStatistics statistics;  ///< of all rows, as their state says; without the objective
  bool started = false;          ///< some pass of the series was given state
};

}  // namespace tessera
