// SPDX-License-Identifier: Apache-2.0
// The oldest machine that there is code for: matrix units of half the depth, no copies aside, 64 KiB of shared memory.
#include "backend/cpu/cpu_backend.hpp"
#include "backend/trial.hpp"
#include "gpu/fake_cuda.hpp"
#include "gpu/gpu_test.hpp"
#include "support/awkward_cases.hpp"
#include "support/backend_run.hpp"
#include "support/naive.hpp"

namespace tessera::testing {
namespace {

class OlderGpu : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    set_fake_cuda({.shared_bytes = 64 << 10, .capability = 75});
  }
  void TearDown() override {
    set_fake_cuda({});
    GpuTest::TearDown();
  }
};

TEST_F(OlderGpu, PassesTheTrialThatItIsOpenedWith) {
  const auto backend = open_gpu(threads_);
  CpuBackend host(supported_cpu_levels().front(), threads_);
  EXPECT_TRUE(passes_trial(*backend, host));
}

TEST_F(OlderGpu, AllShapesEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : awkward_shapes()) {
    SCOPED_TRACE(made.name);
    expect_equal(run_backend(*backend, made, 100000), naive_nearest(made, made.centroids.view()));
  }
}

}  // namespace
}  // namespace tessera::testing
