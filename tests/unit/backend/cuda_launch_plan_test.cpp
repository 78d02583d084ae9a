// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "backend/cuda/launch_plan.hpp"
#include "exact/grid.hpp"
#include "kernels/accumulate.hpp"
#include "kernels/screen.hpp"
#include "kernels/tensor_shapes.hpp"

namespace tessera::cuda {
namespace {

constexpr std::int64_t kKibi = 1024;
constexpr std::int64_t kGibi = std::int64_t{1} << 30;

/// Devices from small to large: shared memory of compute capability 7.5, 8.6, 9.0, and one with next to no memory.
const std::array<DeviceLimits, 4> kDevices = {{{14, 64 * kKibi, 2 * kGibi},
                                               {46, 99 * kKibi, 8 * kGibi, true},
                                               {132, 227 * kKibi, 139 * kGibi, true},
                                               {1, 48 * kKibi, kGibi / 64}}};

constexpr std::int64_t kManyRows = std::int64_t{1} << 40;

/// There is a kernel for the shape, and all features and its shared memory have room.
bool tensor_holds(const kernels::TensorShape& shape, std::int64_t d, int tile, const DeviceLimits& limits) {
  if (shape == kernels::TensorShape()) return !limits.tensor_screen || d > 128;
  std::int64_t bytes = 0;
  const bool found = kernels::call_tensor_screen(
      shape, tile, [&](auto, auto) {},
      [&](auto rows, auto columns) { bytes = kernels::wide_screen_bytes<rows.value, columns.value>(shape.steps); });
  return limits.tensor_screen && found && d <= shape.steps * kernels::kProductTerms && bytes <= limits.shared_bytes_per_block;
}

/// What every plan must keep to, whatever the shape.
bool holds(std::int64_t d, std::int64_t k, const DeviceLimits& limits, int halvings, bool gaps = false) {
  const NearestPlan plan = plan_nearest(d, k, limits, kManyRows, halvings, gaps);
  const std::int64_t columns = d + kernels::kExtraColumns;
  constexpr std::int64_t kMostGrid = (std::int64_t{1} << 31) - 1;
  bool good = plan.tile == 16 || plan.tile == 64;
  good = good && plan.slab_rows >= 1 && plan.slab_rows <= exact::kIntegerBlockRows;
  good = good && (plan.slab_rows <= kLeastSlabRows || plan.slab_rows * d * k <= (gaps ? kMostDoubleWork : kMostWork));
  good = good && plan.stage_rows >= 1 && plan.stage_rows <= plan.slab_rows;
  good = good && plan.cells == k * columns;
  good = good && tensor_holds(plan.tensor, d, plan.tile, limits);
  good = good && plan.groups >= 1 && plan.shared_sum_bytes >= 0;
  good = good && (plan.groups == 1 || plan.groups * columns <= kernels::kAccumulateThreads);
  static_assert(sizeof(kernels::MoveMemory) % 16 == 0);  // nothing lies between it and the sums
  const std::int64_t room =
      std::min(kMostSumBytes, limits.shared_bytes_per_block - static_cast<std::int64_t>(sizeof(kernels::MoveMemory)));
  if (plan.shared_sum_bytes > 0) {
    good = good && plan.shared_sum_bytes == plan.groups * plan.cells * 8 && plan.shared_sum_bytes <= room;
  } else {
    good = good && plan.cells * 8 > room;
  }
  good = good && plan.most_blocks >= 1 && plan.most_blocks <= kMostGrid;
  // Offsets that kernels hold in 32 bits: rows of a block times d, cells on chip, columns of a tile of rows.
  good = good && kernels::ScreenShape<16>::kRows * d < kMostGrid && kernels::kTileRows * columns < kMostGrid;
  return good && plan.stage_rows * d * 4 <= std::max<std::int64_t>(64 << 20, d * 4);
}

TEST(CudaLaunchPlan, HoldsForEveryNumberOfFeatures) {
  for (const DeviceLimits& limits : kDevices) {
    for (std::int64_t d = 1; d <= 8192; ++d) {
      for (const std::int64_t k : {1, 2, 16, 17, 32, 33, 64, 65, 100, 255, 256, 1024, 4096, 65535}) {
        ASSERT_TRUE(holds(d, k, limits, 0)) << "d " << d << ", k " << k << ", shared " << limits.shared_bytes_per_block;
        ASSERT_TRUE(holds(d, k, limits, 0, true)) << "with gaps: d " << d << ", k " << k;
      }
    }
  }
}

TEST(CudaLaunchPlan, HoldsForEveryNumberOfSegments) {
  for (const DeviceLimits& limits : kDevices) {
    for (std::int64_t k = 1; k <= 65535; ++k) {
      for (const std::int64_t d : {1, 2, 3, 31, 32, 126, 127, 254, 255, 1024, 8192}) {
        ASSERT_TRUE(holds(d, k, limits, 0)) << "d " << d << ", k " << k << ", shared " << limits.shared_bytes_per_block;
      }
    }
  }
}

TEST(CudaLaunchPlan, HalvesUntilNothingIsLeftToHalve) {
  for (const std::int64_t d : {1, 64, 8192}) {
    const DeviceLimits& limits = kDevices[2];
    NearestPlan plan = plan_nearest(d, 64, limits, kManyRows);
    int halvings = 0;
    while (can_halve(plan)) {
      const NearestPlan next = plan_nearest(d, 64, limits, kManyRows, ++halvings);
      ASSERT_TRUE(next.slab_rows < plan.slab_rows || next.stage_rows < plan.stage_rows);
      ASSERT_TRUE(holds(d, 64, limits, halvings));
      plan = next;
    }
    EXPECT_EQ(plan.slab_rows, kLeastSlabRows);
    EXPECT_EQ(plan.stage_rows, 1);
  }
}

TEST(CudaLaunchPlan, SumsStayOnChipWhereCustomersAreSegmented) {
  for (const std::int64_t d : {8, 16, 32, 64, 128}) {
    for (const std::int64_t k : {4, 8, 64}) {
      EXPECT_EQ(plan_nearest(d, k, kDevices[2], kManyRows).shared_sum_bytes > 0, true) << d << " x " << k;
    }
  }
  EXPECT_EQ(plan_nearest(128, 1024, kDevices[2], kManyRows).shared_sum_bytes, 0);
}

TEST(CudaLaunchPlan, LargeTablesAreCutToSlabsWhoseSumsFit) {
  // 2^22 rows of 40-bit units; a slab of 8,192 features has 2^35 cells, and its rows are counted in 32 bits.
  EXPECT_EQ(plan_nearest(64, 64, kDevices[2], kManyRows).slab_rows, exact::kIntegerBlockRows);
  EXPECT_EQ(plan_nearest(128, 1024, kDevices[2], kManyRows).slab_rows, exact::kIntegerBlockRows);
  EXPECT_EQ(plan_nearest(64, 64, kDevices[2], 1000).slab_rows, kUsualSlabRows);
  EXPECT_EQ(plan_nearest(64, 64, kDevices[2], 100000).stage_rows, 100000);
  EXPECT_EQ(plan_nearest(8192, 64, kDevices[2], kManyRows).stage_rows, (64 << 20) / (4 * 8192));
}

/// As many steps of 16 features as a row needs, or the next number that there is a kernel for; rows of more features than
/// registers hold lie in shared memory, as many as there is room for.
TEST(CudaLaunchPlan, MatrixUnitsTakeRowsAsTheyHaveRoom) {
  using kernels::tensor_shape;
  using kernels::TensorShape;
  const auto in_registers = [](std::int64_t d) {
    const TensorShape shape = tensor_shape(d, 64, 48 * kKibi);
    EXPECT_EQ(shape.rows, 0);
    return shape.steps;
  };
  EXPECT_EQ(in_registers(1), 1);
  EXPECT_EQ(in_registers(16), 1);
  EXPECT_EQ(in_registers(17), 2);
  EXPECT_EQ(in_registers(64), 4);
  EXPECT_EQ(in_registers(65), 6);
  EXPECT_EQ(in_registers(128), 8);

  constexpr std::int64_t kHopper = 227 * kKibi;
  EXPECT_EQ(tensor_shape(129, 64, kHopper), (TensorShape{9, 128}));
  EXPECT_EQ(tensor_shape(256, 64, kHopper), (TensorShape{16, 128}));  // two blocks share a multiprocessor
  EXPECT_EQ(tensor_shape(512, 64, kHopper), (TensorShape{32, 64}));
  EXPECT_EQ(tensor_shape(768, 64, kHopper), (TensorShape{48, 128}));  // one has it for itself
  EXPECT_EQ(tensor_shape(1536, 64, kHopper), (TensorShape{96, 64}));
  EXPECT_EQ(tensor_shape(2048, 64, kHopper), TensorShape());
  EXPECT_EQ(tensor_shape(384, 16, kHopper), (TensorShape{24, 128}));
  EXPECT_EQ(tensor_shape(8192, 16, kHopper), TensorShape());
  EXPECT_EQ(tensor_shape(256, 64, 99 * kKibi), (TensorShape{16, 128}));
  EXPECT_EQ(tensor_shape(512, 64, 99 * kKibi), (TensorShape{32, 64}));
  EXPECT_EQ(tensor_shape(129, 64, 48 * kKibi), TensorShape());
}

}  // namespace
}  // namespace tessera::cuda
