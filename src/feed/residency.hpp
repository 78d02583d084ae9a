// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "feed/feeder.hpp"

namespace tessera {

/// Where prepared rows are between sweeps.
enum class Residency { resident, spilled, streamed };

/// What a feeder's memory depends on.
struct FeedSizes {
  std::int64_t rows = 0;  ///< of this rank
  std::int64_t features = 0;
  bool weighted = false;
  std::int64_t raw_bytes_per_row = 0;        ///< as a raw chunk holds them
  std::int64_t preferred_rows = kBlockRows;  ///< per read; from the table
  std::int64_t reading_bytes = 0;            ///< that the table takes beside raw chunks: Table::working_bytes()
};

/// How a feeder divides its budget.
struct FeedPlan {
  Residency residency = Residency::resident;
  std::int64_t chunk_rows = kBlockRows;  ///< multiple of kBlockRows
  std::int64_t planned_bytes = 0;        ///< most that the feeder, its row outputs and the reserve take together
};

/// Bytes of a prepared row: features, flags, and a weight if there are weights.
[[nodiscard]] std::int64_t prepared_bytes_per_row(const FeedSizes& sizes);

/// Decides by arithmetic alone. Rows stay resident if they fit beside chunks of one block; chunks are then as large as the rest
/// of the budget and comfort allow, whole reads of the table where possible. `options.chunk_rows`, if given, is an upper limit.
/// @throws MemoryError naming the --memory that would do
[[nodiscard]] FeedPlan plan_feed(const FeedSizes& sizes, const FeederOptions& options);

/// The least budget that does for `residency`, with the default reserve.
[[nodiscard]] std::int64_t least_budget(const FeedSizes& sizes, Residency residency);

}  // namespace tessera
