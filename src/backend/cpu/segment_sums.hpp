// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "backend/cpu/nearest_worker.hpp"
#include "tessera/statistics.hpp"

namespace tessera {

/// The grid's units as numbers, one per feature.
struct FeatureUnits {
  explicit FeatureUnits(const GridUnits& units);
  std::vector<double> unit;
  std::vector<double> inverse;
  double weight_inverse = 1.0;
  double objective_inverse = 1.0;
};

/// Totals that the threads of a pass flush into; integer addition makes their order irrelevant.
struct StatisticsTotals {
  std::mutex mutex;
  NearestStatistics statistics;
};

/// One thread's sums of rows per segment, in float64: sums of grid multiples stay exact for exact::kExactDoubleRows moves into
/// or out of a segment, and go to the integer totals before that.
class SegmentSums {
 public:
  SegmentSums(const FeatureUnits& units, StatisticsTotals& totals);

  /// Carries out moves of `rows`. `weights` is [rows] or empty.
  void move(NearestWorker& worker, MatrixView<const float> rows, std::span<const Move> moves, std::span<const float> weights);
  /// Sends what is left to the totals.
  void flush();

  /// Bytes of one thread's sums.
  [[nodiscard]] static std::int64_t bytes(std::int64_t segments, std::int64_t features) {
    return segments * features * static_cast<std::int64_t>(sizeof(double));
  }

 private:
  void count(std::int32_t segment, std::int64_t sign, std::int64_t excess_weight);
  void flush_segment(std::int64_t segment);

  const FeatureUnits& units_;
  StatisticsTotals& totals_;
  Matrix<double> sums_;
  std::vector<std::int64_t> pending_;  ///< moves in sums_ since the last flush, per segment
  std::vector<std::int64_t> rows_;     ///< rows that came less rows that went
  std::vector<Int128> excess_weight_;  ///< their weight beyond one each, in weight units: rows without weights cost nothing
  std::int64_t weight_of_one_;         ///< in weight units
};

/// Carries out moves straight on the totals, only what they mean for the segments [first, last): no memory per thread, for very
/// large k * d. Called once for each share of the segments.
void move_shared(MatrixView<const float> rows, std::span<const float> weights, std::span<const Move> moves, std::int64_t first,
                 std::int64_t last, const FeatureUnits& units, NearestStatistics& totals);

}  // namespace tessera
