// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "backend/cpu/nearest_worker.hpp"
#include "backend/cpu/segment_sums.hpp"
#include "tessera/statistics.hpp"

namespace tessera {

/// Statistics that hold what rows with gaps add, and nothing else: a thread's own, to be added to the totals.
[[nodiscard]] NearestStatistics make_gap_statistics(std::int64_t segments, std::int64_t features);

/// Bytes of those.
[[nodiscard]] constexpr std::int64_t gap_statistics_bytes(std::int64_t segments, std::int64_t features) {
  return 2 * segments * features * static_cast<std::int64_t>(sizeof(Int128));
}

/// Carries out moves of rows with gaps. `weights` is [rows] or empty; `columns` as in NearestTask. Integers of 128 bits: a
/// row's share of up to d times its weight would leave no room in float64 sums.
void move_gaps(MatrixView<const float> rows, std::span<const float> weights, std::span<const Move> moves,
               std::span<const std::uint8_t> columns, const FeatureUnits& units, NearestStatistics& totals);

}  // namespace tessera
