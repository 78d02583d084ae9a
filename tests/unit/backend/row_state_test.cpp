// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/row_state.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/cpu/nearest_pass.hpp"
#include "support/awkward_cases.hpp"
#include "support/naive.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

Matrix<float> points(std::vector<float> values) {
  Matrix<float> made(std::ssize(values), 1);
  std::ranges::copy(values, made.data());
  return made;
}

TEST(SegmentDrift, AddsTheOwnMoveAndTheFarthestOfTheOthers) {
  SegmentDrift drift;
  drift.advance(points({0.0F, 10.0F, 20.0F}).view());
  const RowState near{drift.keep(0, 3.0F), 1};
  const RowState far{drift.keep(1, 5.0F), 2};
  EXPECT_TRUE(drift.settles(near));
  drift.advance(points({0.5F, 12.0F, 20.0F}).view());  // 0.5 + 2 for the first, 2 + 0.5 for the second
  EXPECT_TRUE(drift.settles(near));
  EXPECT_TRUE(drift.settles(far));
  drift.advance(points({1.0F, 12.0F, 20.0F}).view());  // 0.5 + 0 for the first, 0 + 0.5 for the second
  EXPECT_FALSE(drift.settles(near));
  EXPECT_TRUE(drift.settles({drift.keep(0, 0.001F), 1}));
  EXPECT_TRUE(drift.settles(far));
  drift.advance(points({1.0F, 12.0F, 22.0F}).view());
  EXPECT_FALSE(drift.settles(far));
}

TEST(SegmentDrift, NothingKnownSettlesNothing) {
  SegmentDrift drift;
  drift.advance(points({0.0F, 1.0F}).view());
  EXPECT_FALSE(drift.settles({}));
  EXPECT_FALSE(drift.settles({drift.keep(0, 0.0F), 1}));
  EXPECT_FALSE(drift.settles({std::numeric_limits<float>::quiet_NaN(), 1}));
  EXPECT_TRUE(drift.settles({drift.keep(1, std::numeric_limits<float>::infinity()), 2}));
  drift.advance(points({0.0F, 1.0F}).view());
  EXPECT_FALSE(drift.settles({drift.keep(0, 0.0F), 1}));
}

TEST(SegmentDrift, KeepsItsShape) {
  SegmentDrift drift;
  drift.advance(points({0.0F, 1.0F}).view());
  EXPECT_THROW(drift.advance(points({0.0F}).view()), Error);
}

/// A row whose state settles it is not read again: it may as well be something else by then. (The plain level reads all.)
TEST(NearestSeries, LeavesSettledRowsAlone) {
  testing::AwkwardRandom random(5);
  for (const CpuLevel& level : supported_cpu_levels()) {
    if (level.name == "eigen") continue;
    SCOPED_TRACE(level.name);
    testing::AwkwardCase made = testing::make_case("far", 3000, 20, 16, 0.01, random, [&](std::int64_t i, std::int64_t j) {
      return (i * 7 % 16 == j ? 30.0 : 0.0) + random.bell();
    });
    ThreadPool threads(2);
    CpuNearestSeries series(level, threads);
    std::vector<std::byte> state(3000 * static_cast<std::size_t>(series.row_state_bytes()));
    const auto pass = [&] {
      const auto next = series.next({made.centroids.view(), &made.units});
      next->consume({0, made.rows.view(), {}, {}, state}, {});
      return next->finish();
    };
    const NearestStatistics first = pass();
    EXPECT_TRUE(first.sums ==
                testing::naive_nearest(made.rows.view(), {}, {}, made.centroids.view(), made.units).statistics.sums);
    for (float& value : made.centroids.row(3)) value += 0.1F;
    std::fill_n(made.rows.data(), 3000 * 20, std::numeric_limits<float>::quiet_NaN());
    const NearestStatistics second = pass();
    EXPECT_TRUE(second.sums == first.sums);
    EXPECT_EQ(second.rows, first.rows);
  }
}

TEST(NearestSeries, ForgottenStateIsAnError) {
  const testing::AwkwardCase made = testing::awkward_shapes().back();
  ThreadPool threads(1);
  CpuNearestSeries series(supported_cpu_levels().front(), threads);
  std::vector<std::byte> state(static_cast<std::size_t>(made.rows.rows() * series.row_state_bytes()));
  const auto first = series.next({made.centroids.view(), &made.units});
  first->consume({0, made.rows.view(), {}, {}, state}, {});
  (void)first->finish();
  const auto second = series.next({made.centroids.view(), &made.units});
  EXPECT_THROW(second->consume({0, made.rows.view(), {}, {}}, {}), Error);
}

}  // namespace
}  // namespace tessera
