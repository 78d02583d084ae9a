// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "backend/cuda/mixture_plan.hpp"
#include "exact/grid.hpp"
#include "kernels/mixture.hpp"

namespace tessera::cuda {
namespace {

constexpr std::int64_t kKibi = 1024;
constexpr std::int64_t kGibi = std::int64_t{1} << 30;
constexpr std::int64_t kManyRows = std::int64_t{1} << 40;
constexpr DeviceLimits kHopper{132, 227 * kKibi, 139 * kGibi};
constexpr std::array<DeviceLimits, 4> kDevices = {
    {{14, 64 * kKibi, 2 * kGibi}, {46, 99 * kKibi, 8 * kGibi}, kHopper, {1, 48 * kKibi, kGibi / 64}}};

MixtureShape shape_of(std::int64_t d, std::int64_t k) {
  return {.columns = d,
          .components = k,
          .numbers = d,
          .categories = 2,
          .leaf_cells = k * 64,
          .results = true,
          .probabilities = true};
}

/// What every plan must keep to.
bool holds(const MixtureShape& shape, const DeviceLimits& limits, const MixturePlan& plan) {
  const std::int64_t tile_doubles = (shape.numbers + shape.components) * kernels::kExpectStride;
  bool good = plan.slab_blocks >= 1 && plan.slab_blocks * kernels::kLeafRows <= exact::kIntegerBlockRows;
  const std::int64_t work = kernels::kLeafRows * shape.components * shape.numbers * shape.numbers;
  good = good && (plan.slab_blocks == 1 || plan.slab_blocks * work <= kMostWork);
  good = good && plan.stage_blocks >= 1 && plan.stage_blocks <= plan.slab_blocks && plan.expect_blocks >= 1;
  if (plan.shared_bytes > 0) {
    good = good && plan.shared_bytes == 8 * tile_doubles && plan.shared_bytes <= limits.shared_bytes_per_block;
    return good && plan.scratch_doubles == 0;
  }
  return good && 8 * tile_doubles > limits.shared_bytes_per_block && plan.scratch_doubles == plan.expect_blocks * tile_doubles;
}

TEST(CudaMixturePlan, HoldsForEveryShape) {
  for (const DeviceLimits& limits : kDevices) {
    for (std::int64_t d = 0; d <= 8192; d += d < 300 ? 1 : 61) {
      for (const std::int64_t k : {1, 2, 7, 64, 300, 5000, 65535}) {
        MixtureShape shape = shape_of(d, k);
        shape.columns = std::max<std::int64_t>(d, 1);
        for (const std::int64_t rows : {std::int64_t{0}, std::int64_t{1}, std::int64_t{100'000}, kManyRows}) {
          ASSERT_TRUE(holds(shape, limits, plan_mixture(shape, limits, rows))) << d << " features, " << k << ", rows " << rows;
        }
      }
    }
  }
}

TEST(CudaMixturePlan, HalvesUntilNothingIsLeftToHalve) {
  for (const MixtureShape& shape : {shape_of(4, 3), shape_of(64, 16), shape_of(2000, 500)}) {
    MixturePlan plan = plan_mixture(shape, kHopper, kManyRows);
    int halvings = 0;
    while (can_halve(plan)) {
      const MixturePlan next = plan_mixture(shape, kHopper, kManyRows, ++halvings);
      ASSERT_TRUE(next.slab_blocks < plan.slab_blocks || next.expect_blocks < plan.expect_blocks);
      ASSERT_TRUE(holds(shape, kHopper, next));
      plan = next;
    }
    EXPECT_EQ(plan.slab_blocks, 1);
  }
}

TEST(CudaMixturePlan, WorksOnChipWhereCustomersAreSegmented) {
  for (const std::int64_t d : {8, 16, 32, 64}) {
    for (const std::int64_t k : {2, 8, 16}) EXPECT_GT(plan_mixture(shape_of(d, k), kHopper, kManyRows).shared_bytes, 0);
  }
}

TEST(CudaMixturePlan, TakesNoMoreThanTheRowsNeed) {
  EXPECT_EQ(plan_mixture(shape_of(8, 4), kHopper, 5000).slab_blocks, 2);
  EXPECT_EQ(plan_mixture(shape_of(8, 4), kHopper, 0).slab_blocks, 1);
}

TEST(CudaRawPlan, TakesAtLeastABlockAndHalves) {
  for (const DeviceLimits& limits : kDevices) {
    for (const std::int64_t row_bytes : {0, 8, 512, 65536, 1 << 24}) {
      for (const std::int64_t leaf_bytes : {std::int64_t{0}, std::int64_t{8}, std::int64_t{1} << 20, kGibi}) {
        std::int64_t blocks = plan_raw_blocks(row_bytes, leaf_bytes, limits);
        ASSERT_GE(blocks, 1);
        for (int halvings = 1; blocks > 1; ++halvings) {
          const std::int64_t next = plan_raw_blocks(row_bytes, leaf_bytes, limits, halvings);
          ASSERT_LT(next, blocks);
          ASSERT_GE(next, 1);
          blocks = next;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tessera::cuda
