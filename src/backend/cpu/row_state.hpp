// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "exact/slack.hpp"
#include "tessera/matrix.hpp"
#include "tessera/statistics.hpp"

namespace tessera {

/// What a series of passes keeps of a row, see exact/slack.hpp: the row stays with its segment while `slack` exceeds the
/// segment's drift.
struct RowState {
  float slack = 0.0F;             ///< how much farther every other centroid was, plus the segment's drift at that time
  std::int32_t segment_plus = 0;  ///< segment + 1; 0: not seen yet
};

/// How far centroids moved since the first pass of a series, as it can bring another centroid nearer than a row's own: per
/// segment, the sum over passes of its own move and of the farthest move of any other. See docs/numerics.md.
class SegmentDrift {
 public:
  /// Takes note of the centroids of the next pass; those of the first start at zero.
  void advance(MatrixView<const float> centroids);

  /// The slack to keep for a row of `segment` whose others are farther by `gap` now: never more than the true sum.
  [[nodiscard]] float keep(std::int32_t segment, float gap) const {
    return exact::kept_slack(gap, lower_[static_cast<std::size_t>(segment)]);
  }
  /// Whether what is kept of a row settles its label in the present pass.
  [[nodiscard]] bool settles(const RowState& row) const {
    return row.slack > upper_[static_cast<std::size_t>(row.segment_plus)];
  }
  /// [k + 1] what `settles` compares with, by segment + 1.
  [[nodiscard]] std::span<const float> limits() const { return upper_; }

 private:
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
