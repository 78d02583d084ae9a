// SPDX-License-Identifier: Apache-2.0
// The CUDA backend on machines that are hard to find: little memory, no driver, no code for the device.
#include <gmock/gmock.h>

#include <functional>

#include "backend/cpu/cpu_backend.hpp"
#include "backend/cuda/cuda_backend.hpp"
#include "backend/cuda/cuda_devices.hpp"
#include "exact/lloyd_update.hpp"
#include "gpu/fake_cuda.hpp"
#include "gpu/gpu_test.hpp"
#include "support/awkward_cases.hpp"
#include "support/mixture_cases.hpp"
#include "support/moments_cases.hpp"
#include "support/naive.hpp"
#include "support/tally_cases.hpp"
#include "tessera/error.hpp"

namespace tessera::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ImaginedMachine : public GpuTest {
 protected:
  void TearDown() override {
    set_fake_cuda({});
    GpuTest::TearDown();
  }
  static std::string refusal(int device) {
    try {
      static_cast<void>(cuda::choose_device(device));
    } catch (const DeviceError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(ImaginedMachine, SaysWhyADeviceCannotBeUsed) {
  set_fake_cuda({.devices = 0, .driver_version = 0});
  EXPECT_THAT(refusal(-1), HasSubstr("no NVIDIA driver"));
  set_fake_cuda({.devices = 0});
  EXPECT_THAT(refusal(-1), HasSubstr("no GPU"));
  set_fake_cuda({.devices = 2});
  EXPECT_THAT(refusal(2), HasSubstr("no GPU 2"));
  EXPECT_EQ(cuda::report_devices().devices.size(), 2U);
  set_fake_cuda({.has_code = false});
  EXPECT_THAT(refusal(-1), AllOf(HasSubstr("Imagined GPU"), HasSubstr("no code for compute capability 9.0")));
}

/// Device memories between too little and plenty: errors that say what was asked and what is free, and from some size on the
/// same result.
/// @param pass  runs one on the backend, and checks what it finds  @param steps  one size is 1/steps more than the other
void expect_smaller_slabs_then_an_error(ThreadPool& threads, const std::function<void(Backend&)>& pass, std::size_t steps = 4) {
  int fitted = 0, refused = 0, halved = 0;
  for (std::size_t bytes = 1 << 14; bytes <= std::size_t{1} << 28; bytes += bytes / steps) {
    // The plan is made for the memory in all; another process holds most of it.
    set_fake_cuda({.memory_bytes = std::size_t{1} << 30});
    const cuda::Device device = cuda::choose_device(-1);
    set_fake_cuda({.memory_bytes = bytes});
    const std::size_t refused_before = fake_cuda_use().refused;
    cuda::CudaBackend backend(device, std::make_unique<CpuBackend>(supported_cpu_levels().back(), threads), threads);
    try {
      pass(backend);
      ++fitted;
      halved += fake_cuda_use().refused > refused_before ? 1 : 0;
    } catch (const MemoryError& error) {
      ++refused;
      EXPECT_EQ(fitted, 0) << bytes << " bytes are too little, and fewer were not";
      EXPECT_EQ(error.code(), ErrorCode::resource);
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr("cudaMalloc"), HasSubstr("Imagined GPU"), HasSubstr("bytes asked"), HasSubstr("free")));
      EXPECT_THAT(error.advice(), HasSubstr("--device cpu"));
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(halved, 0);
  EXPECT_GT(fitted, halved);
}

TEST_F(ImaginedMachine, LittleMemoryMeansSmallerSlabsThenAnError) {
  AwkwardRandom random(3);
  const AwkwardCase made =
      make_case("rows", 30000, 16, 40, 0.2, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  const NaiveNearest want = naive_nearest(made.rows.view(), {}, {}, made.centroids.view(), made.units);
  expect_smaller_slabs_then_an_error(threads_, [&](Backend& backend) {
    const auto pass = backend.nearest({made.centroids.view(), &made.units, true, true});
    std::vector<std::int32_t> segment(want.segment.size());
    pass->consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
    ASSERT_TRUE(pass->finish().sums == want.statistics.sums);
    ASSERT_EQ(segment, want.segment);
  });
}

/// Centroids that take as much as slabs: room for these alone is not enough.
TEST_F(ImaginedMachine, LittleMemoryMeansSmallerSlabsForManySegmentsThenAnError) {
  AwkwardRandom random(3);
  const AwkwardCase made =
      make_case("rows", 4096, 2, 4096, 0.2, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  const MatrixView<const float> rows = made.rows.view().slice(0, 50);
  const NaiveNearest want = naive_nearest(rows, {}, {}, made.centroids.view(), made.units);
  const auto pass = [&](Backend& backend) {
    const auto nearest = backend.nearest({made.centroids.view(), &made.units});
    nearest->consume({0, rows, {}, {}}, {});
    ASSERT_TRUE(nearest->finish().sums == want.statistics.sums);
  };
  expect_smaller_slabs_then_an_error(threads_, pass, 16);
}

TEST_F(ImaginedMachine, LittleMemoryMeansSmallerSlabsOfMixturesThenAnError) {
  const Rows rows = make_rows(30000, 4, 3);
  const Mixture mixture = make_mixture(Covariance::full, 40, 4, 4);
  const MixtureTask task{.mixture = &mixture, .second = SecondMoments::covariances};
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const Answer want = run(rows, mixture, *cpu.mixture(task), 30000, true);
  expect_smaller_slabs_then_an_error(
      threads_, [&](Backend& backend) { expect_same(run(rows, mixture, *backend.mixture(task), 30000, true), want); });
}

TEST_F(ImaginedMachine, LittleMemoryMeansSmallerSlabsOfMomentsThenAnError) {
  const RawRows raw = make_raw_rows(30000, 9, {3, 2}, 0.1, true);
  const MomentsTask task = task_of(9, true);
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const GroupMoments want = run(raw.blocks(), *cpu.moments(task), 100);
  expect_smaller_slabs_then_an_error(
      threads_, [&](Backend& backend) { expect_equal(run(raw.blocks(), *backend.moments(task), 100), want); });
}

TEST_F(ImaginedMachine, LittleMemoryMeansSmallerSlabsOfTalliesThenAnError) {
  const RawRows raw = make_raw_rows(120000, 4, {3, 2}, 0.1, true);
  const TallyTask task = tally_task(4);
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const Tally want = run(raw.blocks(), *cpu.tally(task), 100);
  expect_smaller_slabs_then_an_error(
      threads_, [&](Backend& backend) { expect_equal(run(raw.blocks(), *backend.tally(task), 100), want); });
}

/// Resident rows cross the bus once.
TEST_F(ImaginedMachine, LaterPassesReadNothingFromTheHost) {
  const auto backend = open_gpu(threads_);
  AwkwardRandom random(3);
  const AwkwardCase made =
      make_case("rows", 20000, 16, 8, 0.2, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  const auto series = backend->nearest_series(0);
  const auto copied = [&] {
    const std::size_t before = fake_cuda_use().copied_bytes;
    const auto pass = series->next({made.centroids.view(), &made.units});
    pass->consume({0, made.rows.view(), {}, {}}, {});
    static_cast<void>(pass->finish());
    return fake_cuda_use().copied_bytes - before;
  };
  const std::size_t row_bytes = 20000 * 16 * 4;
  EXPECT_GE(copied(), row_bytes);
  EXPECT_LT(copied(), row_bytes / 50);
}

TEST_F(ImaginedMachine, LaterPassesOfAMixtureReadNothingFromTheHost) {
  const auto backend = open_gpu(threads_);
  const Rows rows = make_rows(20000, 16, 3);
  const Mixture mixture = make_mixture(Covariance::diag, 2, 16, 4);
  const auto series = backend->mixture_series(0);
  const auto copied = [&] {
    const std::size_t before = fake_cuda_use().copied_bytes;
    static_cast<void>(run(rows, mixture, *series->next({.mixture = &mixture}), 8192, false));
    return fake_cuda_use().copied_bytes - before;
  };
  const std::size_t row_bytes = 20000 * 16 * 4;
  EXPECT_GE(copied(), row_bytes);
  EXPECT_LT(copied(), row_bytes / 50);
}

/// Chunks that lie side by side on the device are one slab there.
TEST_F(ImaginedMachine, LaterPassesOfAMixtureTakeChunksTogether) {
  const auto backend = open_gpu(threads_);
  const std::int64_t n = 5 * 4096;
  const Rows rows = make_rows(n, 4, 3);
  const Mixture mixture = make_mixture(Covariance::diag, 2, 4, 4);
  const auto series = backend->mixture_series(n);
  const auto launches = [&] {
    const std::size_t before = fake_cuda_use().launches;
    static_cast<void>(run(rows, mixture, *series->next({.mixture = &mixture}), 4096, false));
    return fake_cuda_use().launches - before;
  };
  const std::size_t first = launches();
  EXPECT_EQ(launches() * 5, first);
}

/// There the processor is as quick, and nothing needs to cross the bus.
TEST_F(ImaginedMachine, GpusThatAreSlowAtFloat64LeaveItToTheProcessor) {
  const Rows rows = make_rows(300, 3, 3);
  const Mixture mixture = make_mixture(Covariance::full, 2, 3, 4);
  const RawRows raw = make_raw_rows(300, 3, {3, 2}, 0.1, false);
  const auto launches = [&](bool slow_double) {
    set_fake_cuda({.slow_double = slow_double});
    const auto backend = open_gpu(threads_);
    const std::size_t before = fake_cuda_use().launches;
    static_cast<void>(run(rows, mixture, *backend->mixture({.mixture = &mixture}), 300, false));
    static_cast<void>(run(rows, mixture, *backend->mixture_series(0)->next({.mixture = &mixture}), 300, false));
    static_cast<void>(run(raw.blocks(), *backend->moments(task_of(3, true)), 1));
    return fake_cuda_use().launches - before;
  };
  EXPECT_EQ(launches(true), 0U);
  EXPECT_GE(launches(false), 3U);
}

/// Matrix units screen where they pass the probe, and where nobody wants it otherwise.
TEST_F(ImaginedMachine, MatrixUnitsScreenIfTheyPassTheProbe) {
  AwkwardRandom random(3);
  const auto tensor_launches = [&](bool coarse, std::int64_t d) {
    set_fake_cuda({.coarse_tensors = coarse});
    const AwkwardCase made = make_case("rows", 300, d, 5, 0.1, random, [&](auto, auto) { return random.bell(); });
    const auto backend = open_gpu(threads_);
    const std::size_t before = fake_cuda_use().tensor_launches;
    const auto pass = backend->nearest({made.centroids.view(), &made.units});
    std::vector<std::int32_t> segment(300);
    pass->consume({0, made.rows.view(), {}, {}}, {segment, {}, {}, {}});
    static_cast<void>(pass->finish());
    EXPECT_EQ(segment, naive_nearest(made.rows.view(), {}, {}, made.centroids.view(), made.units).segment);
    return fake_cuda_use().tensor_launches - before;
  };
  EXPECT_EQ(tensor_launches(false, 20), 1U);
  EXPECT_EQ(tensor_launches(false, 200), 1U);
  EXPECT_EQ(tensor_launches(false, 4000), 0U);  // rows that shared memory has no room for
  EXPECT_EQ(tensor_launches(true, 20), 0U);
  ::setenv("TESSERA_CUDA_SCREEN", "float32", 1);
  EXPECT_EQ(tensor_launches(false, 20), 0U);
  ::unsetenv("TESSERA_CUDA_SCREEN");
}

/// Iterations of a fit are asked for once each, work on all rows at once, and bring nothing from the host.
TEST_F(ImaginedMachine, IterationsAreDoneAhead) {
  AwkwardRandom random(6);
  constexpr std::int64_t kRows = 900, kFeatures = 4, kSegments = 5;
  const AwkwardCase made =
      make_case("rows", kRows, kFeatures, kSegments, 0.1, random, [&](auto, auto) { return random.bell(); });
  set_fake_cuda({.eager = true});  // so that copies are made when they are asked for
  const auto backend = open_gpu(threads_);
  const auto series = backend->nearest_series(kRows);
  const FakeCudaUse before = fake_cuda_use();
  FakeCudaUse after_first;
  Matrix<float> centroids = made.centroids;
  constexpr int kPasses = 11;
  for (int i = 0; i < kPasses; ++i) {
    const auto pass = series->next({centroids.view(), &made.units});
    for (const std::int64_t first : {0, 300, 600}) pass->consume({first, made.rows.view().slice(first, 300), {}, {}}, {});
    const NearestStatistics found = pass->finish();
    for (std::int64_t c = 0; c < kSegments; ++c) {
      exact::lloyd_update(found.sums.row(c).data(), found.weights[static_cast<std::size_t>(c)],
                          made.units.feature_exponent.data(), made.units.weight_exponent, kFeatures, centroids.row(c).data());
    }
    if (i == 0) after_first = fake_cuda_use();
  }
  const FakeCudaUse after = fake_cuda_use();
  constexpr std::size_t kAhead = 4;
  EXPECT_EQ(after.steps - before.steps, kPasses - 1 + kAhead);
  EXPECT_EQ(after.graph_launches - before.graph_launches, kPasses - 1 + kAhead - 1);  // the first one loads the kernels
  EXPECT_EQ(after.tensor_launches - before.tensor_launches, 3 + kPasses - 1 + kAhead);
  constexpr std::size_t kFound = kSegments * ((kFeatures + 2) * sizeof(Int128) + kFeatures * sizeof(float));
  EXPECT_LT(after.copied_bytes - after_first.copied_bytes, (kPasses - 1) * (kFound + 200));
}

/// Rows that no centroid can have come nearer to are left alone, unless somebody wants every pass to look at all of them.
TEST_F(ImaginedMachine, SettledRowsAreLeftAlone) {
  AwkwardRandom random(5);
  constexpr std::int64_t kRows = 3000;
  AwkwardCase made = make_case("far", kRows, 20, 16, 0.01, random,
                               [&](std::int64_t i, std::int64_t j) { return (i * 7 % 16 == j ? 30.0 : 0.0) + random.bell(); });
  for (const char* skip : {"on", "off"}) {
    ::setenv("TESSERA_CUDA_SKIP", skip, 1);
    const auto backend = open_gpu(threads_);
    const auto series = backend->nearest_series(kRows);
    const auto settled_rows = [&](bool objective) {
      const std::size_t before = fake_cuda_use().settled_rows;
      const auto pass = series->next({made.centroids.view(), &made.units, true, objective});
      pass->consume({0, made.rows.view(), {}, {}}, {});
      EXPECT_TRUE(pass->finish().sums == naive_nearest(made, made.centroids.view()).statistics.sums);
      return fake_cuda_use().settled_rows - before;
    };
    const bool skips = std::string(skip) == "on";
    // After three passes with centroids that the device did not expect, it does none ahead.
    for (int i = 0; i < 3; ++i) static_cast<void>(settled_rows(true));
    for (float& value : made.centroids.row(3)) value += 0.1F;
    EXPECT_EQ(settled_rows(false) > kRows / 2, skips);
    EXPECT_EQ(settled_rows(true), 0U);  // the objective is made of all rows
    for (float& value : made.centroids.row(3)) value += 100.0F;
    EXPECT_EQ(settled_rows(false), 0U);
    EXPECT_EQ(settled_rows(false) > kRows / 2, skips);
  }
  ::unsetenv("TESSERA_CUDA_SKIP");
}

/// Rows cross the bus once for all passes of a fit: seeding, iterations, closing.
TEST_F(ImaginedMachine, PassesAsideFindTheRowsOnTheDevice) {
  AwkwardRandom random(6);
  constexpr std::int64_t kRows = 3000, kFeatures = 20;
  const AwkwardCase made = make_case("rows", kRows, kFeatures, 5, 0.1, random, [&](auto, auto) { return random.bell(); });
  set_fake_cuda({.eager = true});
  const auto backend = open_gpu(threads_);
  const auto series = backend->nearest_series(kRows);
  const auto sweep = [&](NearestPass& pass) {
    const std::size_t before = fake_cuda_use().copied_bytes;
    for (const std::int64_t first : {0, 1000, 2000}) pass.consume({first, made.rows.view().slice(first, 1000), {}, {}}, {});
    static_cast<void>(pass.finish());
    return fake_cuda_use().copied_bytes - before;
  };
  constexpr std::size_t kTable = kRows * kFeatures * sizeof(float);
  EXPECT_GE(sweep(*series->aside({made.centroids.view(), &made.units})), kTable);
  EXPECT_LT(sweep(*series->aside({made.centroids.view().slice(0, 2), &made.units})), kTable / 10);
  EXPECT_LT(sweep(*series->next({made.centroids.view(), &made.units})), kTable / 10);
  EXPECT_LT(sweep(*series->aside({made.centroids.view(), &made.units, true, true})), kTable / 10);
}

TEST_F(ImaginedMachine, NothingIsLeftBehind) {
  const AwkwardCase made = awkward_values().front();
  const std::size_t before = fake_cuda_use().live;
  {
    const auto backend = open_gpu(threads_);
    const auto series = backend->nearest_series(0);
    const auto pass = series->next({made.centroids.view(), &made.units});
    pass->consume({0, made.rows.view(), made.weights, {}}, {});
    const Rows rows = make_rows(20000, 3, 3);
    const Mixture mixture = make_mixture(Covariance::full, 2, 3, 4);
    const auto mixtures = backend->mixture_series(0);
    const auto mixture_pass = mixtures->next({.mixture = &mixture});
    mixture_pass->consume({.first_row = 0, .rows = rows.values.view()}, {});
    const RawRows raw = make_raw_rows(20000, 3, {3, 2}, 0.1, true);
    const auto moments = backend->moments(task_of(3, true));
    moments->consume(raw.blocks());
    const auto tally = backend->tally(tally_task(3));
    tally->consume(raw.blocks());
    EXPECT_GT(fake_cuda_use().live, before);
    // The passes end early, their work not waited for.
  }
  EXPECT_EQ(fake_cuda_use().live, before);
}

/// The same parity, with work done at once, threads in the other order, and little shared memory.
TEST_F(ImaginedMachine, OtherOrdersOfWorkGiveTheSame) {
  for (const FakeCuda& machine : {FakeCuda{.eager = true}, FakeCuda{.shared_bytes = 1024, .backwards = true},
                                  FakeCuda{.shared_bytes = 5000, .eager = true}}) {
    set_fake_cuda(machine);
    limit_memory("1M");
    const auto backend = open_gpu(threads_);
    for (const AwkwardCase& made : awkward_values()) {
      SCOPED_TRACE(made.name);
      const NaiveNearest want = naive_nearest(made.rows.view(), made.weights, made.flags, made.centroids.view(), made.units);
      const auto pass = backend->nearest({made.centroids.view(), &made.units, true, true});
      std::vector<std::int32_t> segment(want.segment.size());
      pass->consume({0, made.rows.view(), made.weights, made.flags}, {segment, {}, {}, {}});
      const NearestStatistics found = pass->finish();
      ASSERT_EQ(segment, want.segment);
      ASSERT_TRUE(found.sums == want.statistics.sums);
      ASSERT_TRUE(found.objective == want.statistics.objective);
    }
    CpuBackend cpu(supported_cpu_levels().front(), threads_);
    Rows rows = make_rows(9001, 5, 3);
    add_weights(rows);
    for (const Covariance covariance : {Covariance::full, Covariance::tied, Covariance::diag}) {
      const Mixture mixture = make_mixture(covariance, 3, 5, 4);
      const MixtureTask task{.mixture = &mixture, .second = SecondMoments::covariances};
      expect_same(run(rows, mixture, *backend->mixture(task), 9001, true), run(rows, mixture, *cpu.mixture(task), 9001, true));
    }
    const RawRows raw = make_raw_rows(9001, 5, {3, 2}, 0.1, true);
    const MomentsTask task = task_of(5, true);
    expect_equal(run(raw.blocks(), *backend->moments(task), 2), run(raw.blocks(), *cpu.moments(task), 2));
    const TallyTask tables = tally_task(5);
    expect_equal(run(raw.blocks(), *backend->tally(tables), 2), run(raw.blocks(), *cpu.tally(tables), 2));
  }
}

}  // namespace
}  // namespace tessera::testing
