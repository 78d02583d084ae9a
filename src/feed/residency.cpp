// SPDX-License-Identifier: Apache-2.0
#include "feed/residency.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/bytes.hpp"
#include "feed/row_range.hpp"

namespace tessera {
namespace {

/// Row outputs of a sweep (label, runner-up, two float64 distances) and what an assigning sweep publishes of them.
constexpr std::int64_t kOutputBytesPerRow = 24 + 24;
/// Two raw chunks, one being read and one being prepared, and what decoding the former takes.
constexpr std::int64_t kRawBuffers = 3;
constexpr std::int64_t kReserveShare = 8;

std::int64_t reserve_bytes(const FeederOptions& options) {
  return options.reserve_bytes >= 0 ? options.reserve_bytes : options.memory_bytes / kReserveShare;
}

/// The budget that leaves `bytes` after the reserve and what is held already.
std::int64_t with_reserve(std::int64_t bytes, const FeederOptions& options) {
  bytes += options.held_bytes;
  if (options.reserve_bytes >= 0) return bytes + options.reserve_bytes;
  return bytes + bytes / (kReserveShare - 1) + kReserveShare;
}

/// Bytes per row of a chunk, beyond rows that are kept.
std::int64_t chunk_bytes_per_row(const FeedSizes& sizes, Residency residency) {
  const std::int64_t first_sweep = kRawBuffers * sizes.raw_bytes_per_row;
  const std::int64_t prepared = prepared_bytes_per_row(sizes);
  if (residency == Residency::resident) return first_sweep + kOutputBytesPerRow;
  // A first sweep has one prepared chunk (it is written while it is consumed), a replay has two.
  return std::max(first_sweep + prepared, 2 * prepared) + kOutputBytesPerRow;
}

/// The largest chunk within `limit` rows that suits the table: whole reads, else whole blocks.
std::int64_t suitable_chunk_rows(std::int64_t limit, const FeedSizes& sizes) {
  const std::int64_t wanted = std::min(limit, std::max(comfortable_chunk_rows(sizes.features), sizes.preferred_rows));
  if (sizes.preferred_rows > kBlockRows && sizes.preferred_rows <= wanted) {
    return wanted / sizes.preferred_rows * sizes.preferred_rows;
  }
  return whole_blocks(wanted);
}

[[noreturn]] void refuse(const FeedSizes& sizes, const FeederOptions& options, std::int64_t needed_bytes) {
  throw MemoryError(fmt::format("{} of memory are not enough for a block of {} rows with {} features",
                                format_bytes(options.memory_bytes), std::min(sizes.rows, kBlockRows), sizes.features),
                    fmt::format("give --memory at least {}", bytes_option(needed_bytes)));
}

}  // namespace

std::int64_t prepared_bytes_per_row(const FeedSizes& sizes) {
  const std::int64_t weight_bytes = sizes.weighted ? std::int64_t{sizeof(float)} : 0;
  return sizes.features * std::int64_t{sizeof(float)} + weight_bytes + 1;
}

FeedPlan plan_feed(const FeedSizes& sizes, const FeederOptions& options) {
  const std::int64_t available = options.memory_bytes - reserve_bytes(options) - options.held_bytes - sizes.reading_bytes;
  const std::int64_t least_rows = std::min(sizes.rows, kBlockRows);
  const std::int64_t kept = sizes.rows * prepared_bytes_per_row(sizes);

  FeedPlan plan;
  std::int64_t for_chunks = available - kept;
  const bool fits = for_chunks >= least_rows * chunk_bytes_per_row(sizes, Residency::resident);
  plan.residency = !options.keep_rows ? Residency::streamed : fits ? Residency::resident : Residency::spilled;
  if (plan.residency != Residency::resident) for_chunks = available;

  const std::int64_t per_row = chunk_bytes_per_row(sizes, plan.residency);
  const std::int64_t least_bytes = least_rows * per_row;
  if (for_chunks < least_bytes) refuse(sizes, options, with_reserve(sizes.reading_bytes + least_bytes, options));
  std::int64_t limit = for_chunks / per_row;
  if (options.chunk_rows > 0) limit = std::min(limit, options.chunk_rows);
  plan.chunk_rows = suitable_chunk_rows(limit, sizes);
  plan.planned_bytes = options.memory_bytes - available + std::min(plan.chunk_rows, sizes.rows) * per_row +
                       (plan.residency == Residency::resident ? kept : 0);
  return plan;
}

std::int64_t least_budget(const FeedSizes& sizes, Residency residency) {
  const std::int64_t kept = residency == Residency::resident ? sizes.rows * prepared_bytes_per_row(sizes) : 0;
  const std::int64_t chunk = std::min(sizes.rows, kBlockRows) * chunk_bytes_per_row(sizes, residency);
  return with_reserve(sizes.reading_bytes + kept + chunk, {});
}

}  // namespace tessera
