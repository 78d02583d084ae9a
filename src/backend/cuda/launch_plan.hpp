// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/nearest_arguments.hpp"

namespace tessera::cuda {

/// What a plan needs to know of a device.
struct DeviceLimits {
  int multiprocessors = 1;
  std::int64_t shared_bytes_per_block = 48 << 10;     ///< the most that a block can ask for
  std::int64_t memory_bytes = std::int64_t{1} << 30;  ///< total
  bool tensor_screen = false;                         ///< its matrix units may screen, see tensor_probe.hpp
  bool skips_settled_rows = true;                     ///< passes of a fit may leave rows alone, see exact/slack.hpp
};

/// How a nearest pass over d features and k segments is laid out on a device: a pure function of shape and device.
struct NearestPlan {
  int tile = 16;                      ///< centroids that share a block and a bound, see ScreenCentroids
  kernels::TensorShape tensor;        ///< of the screen on matrix units, if it has steps
  std::int64_t slab_rows = 1;         ///< rows that kernels work on at a time, at most exact::kIntegerBlockRows
  std::int64_t stage_rows = 1;        ///< rows that are copied from the host at a time, at most slab_rows
  std::int64_t cells = 0;             ///< of the sums: k x (d features, weight, rows)
  std::int64_t gap_cells = 0;         ///< of what rows with gaps add: 2 x k x d, sums and weights; 0: rows have none
  std::int64_t shared_sum_bytes = 0;  ///< sums of a block in shared memory; 0: sums go straight to device memory
  std::int32_t groups = 1;            ///< copies of the sums in it, so that few features keep a block's threads busy
  std::int32_t most_blocks = 1;       ///< of a kernel whose blocks take turns

  [[nodiscard]] std::int64_t total_cells() const { return cells + gap_cells; }
};

/// Sums that a block keeps in shared memory, at most: three blocks find room on a multiprocessor of 228 KiB. With fewer in
/// flight, nothing would hide how long a thread waits for the rows.
inline constexpr std::int64_t kMostSumBytes = 68 << 10;
/// Rows below which failed allocations never cut a plan.
inline constexpr std::int64_t kLeastSlabRows = 4096;
/// Rows that a plan is made for at least, where there is memory: longer slabs gain little.
inline constexpr std::int64_t kUsualSlabRows = 65536;

/// Multiply-adds of a row and a centroid's feature that one kernel does at most, unless kLeastSlabRows are more: on the slowest
/// GPUs seconds, so that no display's watchdog ends it, and somebody who wants the job to end need not wait.
inline constexpr std::int64_t kMostWork = std::int64_t{1} << 41;
/// The same in float64, which GPUs that are not of data centres do far slower.
inline constexpr std::int64_t kMostDoubleWork = std::int64_t{1} << 37;

/// @param d 1..8,192 @param k 1..65,535
/// @param chunk_rows of the chunks to come: room for more would be in vain
/// @param halvings how often an allocation has failed: each halves the rows of a slab
/// @param gaps rows may have gaps
[[nodiscard]] NearestPlan plan_nearest(std::int64_t d, std::int64_t k, const DeviceLimits& limits, std::int64_t chunk_rows,
                                       int halvings = 0, bool gaps = false);

/// Blocks of raw rows that a moments or tally pass works on at a time.
/// @param row_bytes  of the cells of a row  @param leaf_bytes  of the sums of a block, all groups together
[[nodiscard]] std::int64_t plan_raw_blocks(std::int64_t row_bytes, std::int64_t leaf_bytes, const DeviceLimits& limits,
                                           int halvings = 0);

/// Whether a plan can be cut once more.
[[nodiscard]] bool can_halve(const NearestPlan& plan);

}  // namespace tessera::cuda
