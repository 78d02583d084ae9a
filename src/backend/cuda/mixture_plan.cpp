// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/mixture_plan.hpp"

#include <algorithm>

#include "exact/grid.hpp"
#include "kernels/mixture.hpp"

namespace tessera::cuda {
namespace {

constexpr std::int64_t kStageBytes = std::int64_t{64} << 20;
constexpr std::int64_t kMemoryShare = 32;  // half of what a series of passes leaves
constexpr std::int64_t kMostBlocks = exact::kIntegerBlockRows / kernels::kLeafRows;
constexpr int kBlocksPerMultiprocessor = 8;

std::int64_t halved(std::int64_t count, int halvings) { return std::max<std::int64_t>(count >> std::min(halvings, 40), 1); }

}  // namespace

MixturePlan plan_mixture(const MixtureShape& shape, const DeviceLimits& limits, std::int64_t most_rows, int halvings) {
  constexpr std::int64_t kRows = kernels::kLeafRows;
  constexpr std::int64_t kDouble = sizeof(double);
  const std::int64_t budget = limits.memory_bytes / kMemoryShare;
  std::int64_t row_bytes = (shape.components + kernels::kTerms) * kDouble + shape.categories * 4;
  if (shape.results) row_bytes += 2 * (2 * 4 + 3 * kDouble);
  if (shape.probabilities) row_bytes += 2 * 4 * shape.components;
  const std::int64_t block_bytes = kRows * row_bytes + (shape.leaf_cells + kernels::kTerms) * kDouble;
  const std::int64_t useful = std::clamp<std::int64_t>((most_rows + kRows - 1) / kRows, 1, kMostBlocks);
  MixturePlan plan;
  const std::int64_t row_work = std::max(shape.components * shape.numbers * shape.numbers, shape.leaf_cells);
  const std::int64_t quick = kMostWork / kRows / std::max<std::int64_t>(row_work, 1);
  plan.slab_blocks = halved(std::clamp<std::int64_t>(std::min(budget / block_bytes, quick), 1, useful), halvings);
  const std::int64_t staged = std::min(kStageBytes, budget) / (kRows * shape.columns * 4);
  plan.stage_blocks = std::clamp<std::int64_t>(staged, 1, plan.slab_blocks);

  const std::int64_t tile_bytes = (shape.numbers + shape.components) * kernels::kExpectStride * kDouble;
  const std::int64_t tiles = plan.slab_blocks * kRows / kernels::kExpectRows;
  std::int64_t blocks = std::min<std::int64_t>(tiles, std::int64_t{limits.multiprocessors} * kBlocksPerMultiprocessor);
  if (tile_bytes <= limits.shared_bytes_per_block) {
    plan.shared_bytes = tile_bytes;
  } else {
    blocks = halved(std::clamp<std::int64_t>(budget / tile_bytes, 1, blocks), halvings);
    plan.scratch_doubles = blocks * tile_bytes / kDouble;
  }
  plan.expect_blocks = static_cast<std::int32_t>(blocks);
  return plan;
}

}  // namespace tessera::cuda
