// SPDX-License-Identifier: Apache-2.0
// Counts on the CUDA backend are those of the CPU's.
#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

#include "gpu/gpu_test.hpp"
#include "support/tally_cases.hpp"

namespace tessera::testing {
namespace {

class GpuTally : public GpuRawTest {
 protected:
  void expect_parity(const RawRows& raw, const TallyTask& task) {
    GpuRawTest::expect_parity(raw.blocks(), [&](Backend& backend) { return backend.tally(task); });
  }
};

TEST_F(GpuTally, CountsAndHistogramsEqualTheCpu) {
  for (const bool weighted : {false, true}) {
    for (const std::int64_t rows : {1, 300, 9'001, 60'000}) {
      SCOPED_TRACE(std::to_string(rows) + " rows, weighted " + std::to_string(weighted));
      expect_parity(make_raw_rows(rows, 3, {3, 2}, 0.2, weighted), tally_task(3));
    }
  }
}

/// Tables on both sides of what shared memory has room for.
TEST_F(GpuTally, LargeTablesEqualTheCpu) {
  for (const bool weighted : {false, true}) {
    const RawRows raw = make_raw_rows(9'001, 1, {32, 32, 33}, 0.1, weighted);
    TallyTask task;
    task.counts = {{{0, 1}, {32, 32}}, {{0, 2}, {32, 33}}, {{2, 1, 0}, {33, 32, 32}}, {{2}, {33}}};
    expect_parity(raw, task);
  }
}

/// Weights whose sum is beyond 64 bits.
TEST_F(GpuTally, LargeWeightsEqualTheCpu) {
  RawRows raw = make_raw_rows(5'000, 2, {3, 2}, 0.1, true);
  for (std::size_t i = 0; i < raw.units.size(); ++i) {
    raw.units[i] = raw.weights[i] > 0.0 ? std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(i) : 0;
  }
  expect_parity(raw, tally_task(2));
}

TEST_F(GpuTally, NothingOfNothing) {
  const auto gpu = open_gpu(threads_);
  expect_equal(gpu->tally(tally_task(2))->finish(), cpu_.tally(tally_task(2))->finish());
  const RawRows raw = make_raw_rows(100, 1, {3, 2}, 0.1, true);
  expect_equal(run(raw.blocks(), *gpu->tally({}), 1), run(raw.blocks(), *cpu_.tally({}), 1));
}

}  // namespace
}  // namespace tessera::testing
