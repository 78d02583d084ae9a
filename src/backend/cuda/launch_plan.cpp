// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/launch_plan.hpp"

#include <algorithm>

#include "exact/grid.hpp"
#include "kernels/accumulate.hpp"
#include "kernels/product_sums.hpp"
#include "kernels/tensor_shapes.hpp"

namespace tessera::cuda {
namespace {

constexpr std::int64_t kNarrowTileSegments = 32;  // up to here two narrow tiles are less work than one wide one
constexpr std::int64_t kStageBytes = std::int64_t{64} << 20;
constexpr std::int64_t kSlabRowBytes = 80;  // label, distances and runner-up of a row, twice over, and its lists, rounded up
constexpr std::int64_t kSlabShare = 16;     // of the device's memory for what slabs need
constexpr std::int64_t kMoveBytes = sizeof(kernels::MoveMemory);
constexpr int kBlocksPerMultiprocessor = 8;

/// Never below `least`, unless `rows` is.
std::int64_t halved(std::int64_t rows, int halvings, std::int64_t least) {
  return std::max(rows >> std::min(halvings, 40), std::min(rows, least));
}

}  // namespace

NearestPlan plan_nearest(std::int64_t d, std::int64_t k, const DeviceLimits& limits, std::int64_t chunk_rows, int halvings,
                         bool gaps) {
  NearestPlan plan;
  plan.tile = k <= kNarrowTileSegments ? 16 : 64;
  if (limits.tensor_screen) plan.tensor = kernels::tensor_shape(d, plan.tile, limits.shared_bytes_per_block);
  const std::int64_t affordable = std::max(limits.memory_bytes / kSlabShare / kSlabRowBytes, kLeastSlabRows);
  const std::int64_t useful = std::min(std::max(chunk_rows, kUsualSlabRows), exact::kIntegerBlockRows);
  const std::int64_t quick = std::max((gaps ? kMostDoubleWork : kMostWork) / (d * k), kLeastSlabRows);
  const std::int64_t slab_rows = std::min({affordable, useful, quick});
  plan.slab_rows = halved(slab_rows, halvings, kLeastSlabRows);
  const std::int64_t row_bytes = d * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t staged = std::min(kStageBytes, limits.memory_bytes / kSlabShare) / row_bytes;
  plan.stage_rows = halved(std::clamp(staged, std::int64_t{1}, slab_rows), halvings, 1);

  const std::int64_t columns = d + kernels::kExtraColumns;
  plan.cells = k * columns;
  plan.gap_cells = gaps ? 2 * k * d : 0;
  const std::int64_t sum_bytes = plan.cells * static_cast<std::int64_t>(sizeof(std::int64_t));
  if (const std::int64_t room = std::min(kMostSumBytes, limits.shared_bytes_per_block - kMoveBytes); sum_bytes <= room) {
    const std::int64_t groups = std::min(kernels::kAccumulateThreads / columns, room / sum_bytes);
    plan.groups = static_cast<std::int32_t>(std::max<std::int64_t>(groups, 1));
    plan.shared_sum_bytes = sum_bytes * plan.groups;
  }
  plan.most_blocks = limits.multiprocessors * kBlocksPerMultiprocessor;
  return plan;
}

std::int64_t plan_raw_blocks(std::int64_t row_bytes, std::int64_t leaf_bytes, const DeviceLimits& limits, int halvings) {
  // An analysis has dozens of passes at once.
  constexpr std::int64_t kMemoryShare = 128;
  constexpr std::int64_t kMostBytes = std::int64_t{16} << 20;
  constexpr std::int64_t kMostBlocks = 256;
  const std::int64_t budget = limits.memory_bytes / kMemoryShare;
  const std::int64_t staged = std::min(kMostBytes, budget) / std::max<std::int64_t>(kernels::kLeafRows * row_bytes, 1);
  const std::int64_t summed = budget / std::max<std::int64_t>(leaf_bytes, 1);
  return halved(std::clamp<std::int64_t>(std::min(staged, summed), 1, kMostBlocks), halvings, 1);
}

bool can_halve(const NearestPlan& plan) { return plan.slab_rows > kLeastSlabRows || plan.stage_rows > 1; }

}  // namespace tessera::cuda
