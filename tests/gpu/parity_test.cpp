// SPDX-License-Identifier: Apache-2.0
// The CUDA backend returns what plain float64 loops and the CPU backend return, bit for bit.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/trial.hpp"
#include "gpu/gpu_test.hpp"
#include "support/awkward_cases.hpp"
#include "support/backend_run.hpp"
#include "support/naive.hpp"
#include "tessera/error.hpp"

namespace tessera::testing {
namespace {

using GpuParity = GpuTest;

std::vector<AwkwardCase> all_cases() {
  std::vector<AwkwardCase> cases = awkward_values();
  for (AwkwardCase& made : awkward_shapes()) cases.push_back(std::move(made));
  for (AwkwardCase& made : awkward_gaps()) cases.push_back(std::move(made));
  return cases;
}

TEST_F(GpuParity, TheGpuIsWhatRuns) {
  const auto backend = open_gpu(threads_);
  EXPECT_THAT(backend->description(), ::testing::StartsWith("cuda:"));
  // Rows of a series stay on the device: its free memory falls by at least as much.
  AwkwardRandom random(1);
  const AwkwardCase made = make_case("rows", affordable_rows(500000), 32, 8, 0.1, random,
                                     [&](std::int64_t, std::int64_t) { return random.uniform(); });
  const auto pass_over = [&](NearestSeries& series) {
    const auto pass = series.next({made.centroids.view(), &made.units});
    pass->consume({0, made.rows.view(), {}, {}}, {});
    static_cast<void>(pass->finish());
  };
  pass_over(*backend->nearest_series(0));  // buffers of a pass stay with the backend
  const std::int64_t before = gpu_free_bytes();
  const auto series = backend->nearest_series(0);
  pass_over(*series);
  EXPECT_LE(gpu_free_bytes(), before - made.rows.rows() * 32 * 4);
}

TEST_F(GpuParity, AllResultsEqualTheNaiveTwin) {
  for (const char* memory : {"", "1M"}) {  // 1M: many small slabs
    limit_memory(memory);
    const auto backend = open_gpu(threads_);
    for (const AwkwardCase& made : all_cases()) {
      const NaiveNearest want = naive_nearest(made, made.centroids.view());
      for (const std::int64_t chunk_rows : {std::int64_t{100000}, std::int64_t{97}}) {
        SCOPED_TRACE(made.name + ", chunks of " + std::to_string(chunk_rows) + ", memory '" + memory + "'");
        expect_equal(run_backend(*backend, made, chunk_rows), want);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST_F(GpuParity, LabelsAloneEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : all_cases()) {
    SCOPED_TRACE(made.name);
    const NaiveNearest want = naive_nearest(made, made.centroids.view());
    for (int run = 0; run < 3; ++run) {
      const auto pass = backend->nearest({made.centroids.view(), &made.units, true, false, made.columns});
      std::vector<std::int32_t> segment(want.segment.size());
      pass->consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
      const NearestStatistics statistics = pass->finish();
      ASSERT_EQ(segment, want.segment);
      ASSERT_TRUE(statistics.sums == want.statistics.sums);
      ASSERT_TRUE(statistics.gap_sums == want.statistics.gap_sums);
      ASSERT_TRUE(statistics.gap_weights == want.statistics.gap_weights);
      ASSERT_TRUE(statistics.objective == 0);
    }
  }
}

/// More rows that no screen decides than blocks take at once.
TEST_F(GpuParity, TiesOfAllRowsEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  AwkwardRandom random(9);
  for (const std::int64_t k : {4, 40}) {
    AwkwardCase made = make_case("ties", affordable_rows(400000), 3, k, 0.0, random, [&](auto, auto) { return random.bell(); });
    for (std::int64_t c = 1; c < k; c += 2) std::ranges::copy(made.centroids.row(c - 1), made.centroids.row(c).begin());
    const NaiveNearest want = naive_nearest(made, made.centroids.view());
    const auto pass = backend->nearest({made.centroids.view(), &made.units});
    std::vector<std::int32_t> segment(want.segment.size());
    pass->consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
    const NearestStatistics statistics = pass->finish();
    EXPECT_EQ(segment, want.segment);
    EXPECT_TRUE(statistics.sums == want.statistics.sums);
    EXPECT_EQ(statistics.reference_rows, made.rows.rows());
  }
}

TEST_F(GpuParity, LabelsWithoutStatisticsNeedNoUnits) {
  const auto backend = open_gpu(threads_);
  const AwkwardCase made = awkward_values().front();
  const NaiveNearest want = naive_nearest(made, made.centroids.view());
  const auto pass = backend->nearest({.centroids = made.centroids.view(), .statistics = false});
  std::vector<std::int32_t> segment(want.segment.size());
  pass->consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
  EXPECT_TRUE(pass->finish().rows.empty());
  EXPECT_EQ(segment, want.segment);
}

/// Tables that take several slabs, on data where the screen decides nearly all rows, and where it decides next to none.
TEST_F(GpuParity, LargerTablesEqualTheCpu) {
  const auto gpu = open_gpu(threads_);
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  AwkwardRandom random(21);
  const std::int64_t n = affordable_rows(300000);
  const auto with_offset = [&](double offset) {
    return
        [&random, offset](std::int64_t i, std::int64_t) { return offset + static_cast<double>(i % 11) + 0.3 * random.bell(); };
  };
  std::vector<AwkwardCase> cases;
  cases.push_back(make_case("blobs", n, 24, 64, 0.1, random, with_offset(0.0)));
  cases.push_back(make_case("offset", n, 24, 64, 0.1, random, with_offset(1e6)));
  cases.push_back(make_case("duplicates", n, 20, 64, 0.0, random,
                            [&](std::int64_t, std::int64_t) { return random.uniform() < 0.5 ? 0.0 : 1.0; }));
  cases.push_back(make_case("many_segments", n / 10, 16, 2000, 0.1, random, with_offset(0.0)));
  cases.push_back(make_case("weights", n, 5, 9, 0.1, random, with_offset(3.0)));
  for (std::int64_t i = 0; i < n; ++i) cases.back().weights.push_back(static_cast<float>(i % 7) * 0.3F);
  cases.back().units = put_on_grid(cases.back().rows, cases.back().weights);
  cases.push_back(cases.front());
  cases.back().name = "gaps";
  make_gaps(cases.back(), 0.2, 1, random);
  for (const AwkwardCase& made : cases) {
    SCOPED_TRACE(made.name);
    const NaiveNearest want = run_backend(cpu, made, 100000);
    for (int run = 0; run < 3; ++run) expect_equal(run_backend(*gpu, made, 70000), want);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// Rows that registers have no room for.
TEST_F(GpuParity, LabelsOfManyFeaturesEqualTheCpu) {
  const auto gpu = open_gpu(threads_);
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  AwkwardRandom random(22);
  for (const std::int64_t d : {150, 256, 700, 1500}) {
    for (const std::int64_t k : {5, 70}) {
      SCOPED_TRACE(std::to_string(d) + " x " + std::to_string(k));
      const AwkwardCase made = make_case("rows", affordable_rows(8000), d, k, 0.0, random, [&](std::int64_t i, std::int64_t j) {
        return (i % 11 == j % 11 ? 3.0 : 0.0) + random.bell();
      });
      const auto find = [&](Backend& backend) {
        const auto pass = backend.nearest({made.centroids.view(), &made.units});
        std::vector<std::int32_t> segment(static_cast<std::size_t>(made.rows.rows()));
        pass->consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
        return std::pair(segment, pass->finish().sums);
      };
      const auto want = find(cpu);
      for (int run = 0; run < 2; ++run) EXPECT_TRUE(find(*gpu) == want);
    }
  }
}

TEST_F(GpuParity, NamesARowThatIsTooFarForTheObjective) {
  AwkwardRandom random(5);
  AwkwardCase made = make_case("far", 700, 3, 4, 0.1, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  made.units.objective_exponent = -40;
  for (float& value : made.rows.row(77)) value = 1e4F;
  const auto backend = open_gpu(threads_);
  const auto pass = backend->nearest({made.centroids.view(), &made.units, true, true});
  try {
    pass->consume({5000, made.rows.view(), {}, {}}, {});
    static_cast<void>(pass->finish());
    ADD_FAILURE() << "nothing was said";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("row 5077"));
  }
}

TEST_F(GpuParity, PassesTheTrialThatItIsOpenedWith) {
  const auto backend = open_gpu(threads_);
  CpuBackend host(supported_cpu_levels().front(), threads_);
  EXPECT_TRUE(passes_trial(*backend, host));
}

TEST_F(GpuParity, RefusesWhatTheCpuRefuses) {
  const auto backend = open_gpu(threads_);
  const Matrix<float> wide(1, 8193), many(65536, 1), fine(2, 3);
  EXPECT_THROW((void)backend->nearest({.centroids = wide.view(), .statistics = false}), ConfigError);
  EXPECT_THROW((void)backend->nearest({.centroids = many.view(), .statistics = false}), ConfigError);
  EXPECT_THROW((void)backend->nearest({.centroids = fine.view()}), Error);
}

}  // namespace
}  // namespace tessera::testing
