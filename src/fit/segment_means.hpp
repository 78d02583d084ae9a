// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/statistics.hpp"

namespace tessera {

/// The exact means of segments from the statistics of a nearest pass, each rounded once to float32. With gaps, feature j of a
/// segment is the mean over the rows that have it, a row counting w * columns / known columns times, as its distance does: the
/// values that make the sum of w * d^2 least. A feature that no row of the segment has takes the mean of all rows, weighted
/// alike; 0 if none has it.
class SegmentMeans {
 public:
  SegmentMeans(const NearestStatistics& statistics, const GridUnits& units);

  /// Writes the mean [d] of a segment with rows of positive weight.
  void write(std::int64_t segment, std::span<float> mean) const;
  /// sum of w * d^2 over the rows of a segment, less what does not depend on the centroid [d], for monitoring: in float64.
  [[nodiscard]] double linear_part(std::int64_t segment, std::span<const float> centroid) const;

 private:
  [[nodiscard]] bool has_gaps() const { return statistics_.gap_sums.rows() > 0; }
  [[nodiscard]] Int128 sum_of(std::int64_t segment, std::int64_t feature) const;     ///< in units of 2^-kGapBits
  [[nodiscard]] Int128 weight_of(std::int64_t segment, std::int64_t feature) const;  ///< the same

  const NearestStatistics& statistics_;
  const GridUnits& units_;
  std::vector<double> unit_;  ///< [d] of each feature
  double weight_unit_;
  std::vector<float> overall_;  ///< [d] with gaps only
};

}  // namespace tessera
