// SPDX-License-Identifier: Apache-2.0
// Moments on the CUDA backend have the bits of the CPU's.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "gpu/gpu_test.hpp"
#include "support/moments_cases.hpp"
#include "tessera/error.hpp"

namespace tessera::testing {
namespace {

class GpuMoments : public GpuRawTest {
 protected:
  void expect_parity(const std::vector<AnalysisBlock>& blocks, const MomentsTask& task) {
    GpuRawTest::expect_parity(blocks, [&](Backend& backend) { return backend.moments(task); });
  }
};

TEST_F(GpuMoments, OfGroupsEqualTheCpu) {
  for (const bool weighted : {false, true}) {
    for (const bool pairs : {false, true}) {
      for (const int columns : {1, 2, 5, 19, 70}) {
        SCOPED_TRACE(std::to_string(columns) + " columns, weighted " + std::to_string(weighted) + ", pairs " +
                     std::to_string(pairs));
        const RawRows raw = make_raw_rows(columns > 20 ? 5'000 : 9'001, columns, {3, 2}, 0.2, weighted);
        expect_parity(raw.blocks(), task_of(columns, pairs));
        if (HasFailure()) return;
      }
    }
  }
}

/// No lists of rows are needed here.
TEST_F(GpuMoments, OfAllRowsEqualTheCpu) {
  for (const bool pairs : {false, true}) {
    for (const double missing : {0.0, 0.3}) {
      const RawRows raw = make_raw_rows(10'000, 8, {2}, missing, false);
      MomentsTask task = task_of(8, pairs);
      task.groups = {};
      if (missing == 0.0) task.may_miss.assign(8, 0);
      expect_parity(raw.blocks(), task);
    }
  }
}

TEST_F(GpuMoments, WithoutGapsEqualTheCpu) {
  for (const bool weighted : {false, true}) {
    const RawRows raw = make_raw_rows(6'000, 12, {3, 2}, 0.0, weighted);
    MomentsTask task = task_of(12, true);
    expect_parity(raw.blocks(), task);
    task.may_miss.assign(12, 0);
    expect_parity(raw.blocks(), task);
  }
}

TEST_F(GpuMoments, OfRowsOfFloatsEqualTheCpu) {
  for (const bool weighted : {false, true}) {
    const FloatRows rows = make_float_rows(9'001, 0.1, weighted);
    expect_parity(rows.blocks(), float_task());
    MomentsTask all = float_task();
    all.groups = {};
    expect_parity(rows.blocks(), all);
  }
}

/// More blocks than a run of the tree has.
TEST_F(GpuMoments, OfLongTablesEqualTheCpu) {
  const RawRows raw = make_raw_rows(130 * kAnalysisBlockRows + 5, 3, {3, 2}, 0.1, false);
  for (const bool pairs : {false, true}) {
    const MomentsTask task = task_of(3, pairs);
    const auto gpu = open_gpu(threads_);
    const GroupMoments want = run(raw.blocks(), *cpu_.moments(task), 16);
    for (const std::size_t at_once : {std::size_t{1000}, std::size_t{10}}) {
      expect_equal(run(raw.blocks(), *gpu->moments(task), at_once), want);
    }
  }
}

TEST_F(GpuMoments, NothingOfNothing) {
  const auto gpu = open_gpu(threads_);
  const GroupMoments moments = gpu->moments(task_of(3, true))->finish();
  EXPECT_EQ(moments.groups, 6);
  EXPECT_THAT(moments.n, ::testing::Each(0));
  MomentsTask none = task_of(3, true);
  none.columns.clear();
  none.pivots.clear();
  none.may_miss.clear();
  const RawRows raw = make_raw_rows(100, 3, {3, 2}, 0.1, false);
  EXPECT_EQ(run(raw.blocks(), *gpu->moments(none), 1).columns, 0);
}

TEST_F(GpuMoments, RefusesWhatTheCpuRefuses) {
  const auto gpu = open_gpu(threads_);
  MomentsTask task = task_of(3, true);
  task.pivots.pop_back();
  EXPECT_THROW((void)gpu->moments(task), Error);
  const FloatRows rows = make_float_rows(100, 0.1, false);
  const auto pass = gpu->moments(task_of(9, true));  // columns in another order
  EXPECT_THROW(pass->consume(rows.blocks()), Error);
}

}  // namespace
}  // namespace tessera::testing
