// SPDX-License-Identifier: Apache-2.0
// The compiled kernels by architecture: the newest that tests run, and the oldest that there is code for, with matrix units of
// half the depth, no copies aside, and 64 KiB of shared memory.
#include <fmt/format.h>

#include <ostream>
#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/trial.hpp"
#include "gpu/fake_cuda.hpp"
#include "gpu/gpu_test.hpp"
#include "gpu/ptx_launchers.hpp"
#include "kernels/tensor_shapes.hpp"
#include "support/awkward_cases.hpp"
#include "support/backend_run.hpp"
#include "support/naive.hpp"

namespace tessera::testing {

void PrintTo(const FakeCuda& machine, std::ostream* out) { *out << "sm_" << machine.capability; }  // NOLINT: GoogleTest's name

namespace {

constexpr FakeCuda kOldest{.shared_bytes = 64 << 10, .capability = 75};

class Architectures : public GpuTest, public ::testing::WithParamInterface<FakeCuda> {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    set_fake_cuda(GetParam());
  }
  void TearDown() override {
    set_fake_cuda({});
    GpuTest::TearDown();
  }
};

TEST_P(Architectures, PassTheTrialThatABackendIsOpenedWith) {
  const auto backend = open_gpu(threads_);
  CpuBackend host(supported_cpu_levels().front(), threads_);
  EXPECT_TRUE(passes_trial(*backend, host));
}

/// Units that fail their probe would be left alone, and nobody would see it from the results.
TEST_P(Architectures, MatrixUnitsPassTheProbeAndScreen) {
  AwkwardRandom random(3);
  const AwkwardCase made = make_case("rows", 300, 20, 5, 0.1, random, [&](auto, auto) { return random.bell(); });
  const auto backend = open_gpu(threads_);
  count_costs();
  expect_equal(run_backend(*backend, made, 300), naive_nearest(made, made.centroids.view()));
  EXPECT_FALSE(counted_costs().contains("tensor_screen_kernel<2, 16>"));  // runners-up are wanted
  const auto pass = backend->nearest({made.centroids.view(), &made.units});
  pass->consume({0, made.rows.view(), {}, {}}, {});
  static_cast<void>(pass->finish());
  EXPECT_EQ(counted_costs().at("tensor_screen_kernel<2, 16>").launches, 1);
}

/// Rows of many features lie in shared memory, of which older GPUs have less.
TEST_P(Architectures, MatrixUnitsScreenRowsOfManyFeatures) {
  AwkwardRandom random(4);
  const auto backend = open_gpu(threads_);
  for (const std::int64_t d : {150, 200}) {
    for (const std::int64_t k : {5, 70}) {
      SCOPED_TRACE(fmt::format("{} x {}", d, k));
      AwkwardCase made = make_case("rows", 200, d, k, 0.05, random, [&](auto, auto) { return random.bell(); });
      const NaiveNearest want = naive_nearest(made, made.centroids.view());
      const auto pass = backend->nearest({made.centroids.view(), &made.units});
      std::vector<std::int32_t> segment(200);
      count_costs();
      pass->consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
      EXPECT_TRUE(pass->finish().sums == want.statistics.sums);
      EXPECT_EQ(segment, want.segment);
      const int tile = k <= 16 ? 16 : 64;
      const kernels::TensorShape shape = kernels::tensor_shape(d, tile, static_cast<std::int64_t>(GetParam().shared_bytes));
      EXPECT_TRUE(counted_costs().contains(fmt::format("wide_screen_kernel<{}, {}>", shape.rows, tile)));
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<FakeCuda>& test) { return "Sm" + std::to_string(test.param.capability); }

INSTANTIATE_TEST_SUITE_P(Gpus, Architectures, ::testing::Values(kOldest, FakeCuda{}), name_of);

class OldestGpu : public Architectures {};
INSTANTIATE_TEST_SUITE_P(Gpus, OldestGpu, ::testing::Values(kOldest), name_of);

TEST_P(OldestGpu, LabelsOfAllShapesEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : awkward_shapes()) {
    SCOPED_TRACE(made.name);
    const NaiveNearest want = naive_nearest(made, made.centroids.view());
    const auto pass = backend->nearest({made.centroids.view(), &made.units});
    std::vector<std::int32_t> segment(want.segment.size());
    pass->consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
    EXPECT_TRUE(pass->finish().sums == want.statistics.sums);
    EXPECT_EQ(segment, want.segment);
  }
}

}  // namespace
}  // namespace tessera::testing
