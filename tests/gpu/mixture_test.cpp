// SPDX-License-Identifier: Apache-2.0
// Mixtures on the CUDA backend have the bits of the CPU's.
#include "fit/mixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "gpu/gpu_test.hpp"
#include "support/mixture_cases.hpp"
#include "support/prepared_points.hpp"
#include "tessera/error.hpp"

namespace tessera::testing {
namespace {

using GpuMixture = GpuTest;

constexpr Covariance kShapes[] = {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical};
constexpr std::int64_t kWhole = 1 << 20;

struct Case {
  std::string name;
  Rows rows;
  Mixture mixture;
  SecondMoments moments = SecondMoments::covariances;
};

/// Every number of features and components that a tile ends differently at; weights, rejected rows, categories.
std::vector<Case> cases(Covariance covariance) {
  std::vector<Case> made;
  const auto add = [&](std::string name, Rows rows, Mixture mixture, SecondMoments moments) {
    made.push_back({std::move(name), std::move(rows), std::move(mixture), moments});
  };
  struct Shape {
    std::int64_t n, d, k;
  };
  int which = 0;
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{31, 2, 3}, Shape{257, 3, 4}, Shape{900, 4, 5}, Shape{4097, 7, 9},
                             Shape{700, 16, 8}, Shape{9001, 5, 2}, Shape{300, 33, 13}}) {
    Rows rows = make_rows(shape.n, shape.d, 3);
    if (which % 2 == 1) add_weights(rows);
    add(std::to_string(shape.d) + " features", std::move(rows), make_mixture(covariance, shape.k, shape.d, 4),
        static_cast<SecondMoments>(which++ % 3));
  }
  Rows rows = make_rows(5000, 9, 13);
  const std::vector<CategoryBlock> blocks = make_categories(9);
  add_levels(rows, blocks, 14);
  add("categories", rows, make_mixed(covariance, 3, 9, blocks, 16), SecondMoments::covariances);
  add_weights(rows);
  for (float& value : std::span(rows.values.data(), 5000 * 9)) {
    if (std::isnan(value)) value = 0.0F;  // rejected rows
  }
  add("weighted categories", std::move(rows), make_mixed(covariance, 5, 9, blocks, 17), SecondMoments::variances);
  const std::vector<CategoryBlock> alone = {{.first = 0, .count = 2}, {.first = 2, .count = 1}, {.first = 3, .count = 4}};
  Rows levels = make_rows(300, 7, 17);
  add_levels(levels, alone, 18);
  add("categories alone", std::move(levels), make_mixed(covariance, 3, 7, alone, 19), SecondMoments::covariances);
  return made;
}

Answer run_on(Backend& backend, const Case& made, std::int64_t chunk_rows, bool outputs) {
  const auto pass = backend.mixture({.mixture = &made.mixture, .second = made.moments});
  return run(made.rows, made.mixture, *pass, chunk_rows, outputs);
}

TEST_F(GpuMixture, PassesHaveTheBitsOfTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  for (const char* memory : {"", "1M"}) {  // 1M: a block at a time
    limit_memory(memory);
    const auto gpu = open_gpu(threads_);
    for (const Covariance covariance : kShapes) {
      for (const Case& made : cases(covariance)) {
        for (const std::int64_t chunk_rows : {kWhole, std::int64_t{4096}}) {
          SCOPED_TRACE(made.name + ", " + std::string(to_string(covariance)) + ", memory '" + memory + "', chunks of " +
                       std::to_string(chunk_rows));
          expect_same(run_on(*gpu, made, chunk_rows, true), run_on(cpu, made, chunk_rows, true));
          expect_same(run_on(*gpu, made, chunk_rows, false), run_on(cpu, made, chunk_rows, false));
          if (::testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

/// More blocks than a run of the tree has, and runs that make pairs.
TEST_F(GpuMixture, LongTablesHaveTheBitsOfTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const auto gpu = open_gpu(threads_);
  for (const std::int64_t n : {std::int64_t{64 * 4096}, affordable_rows(6'000'000)}) {
    Case made{"long", make_rows(n, 2, 5), make_mixture(Covariance::full, 2, 2, 6)};
    const Answer want = run_on(cpu, made, kWhole, false);
    expect_same(run_on(*gpu, made, kWhole, false), want);
    expect_same(run_on(*gpu, made, 100 * 4096, false), want);
  }
}

/// Mixtures that shared memory has no room for, neither for what components are nor for a row's numbers.
TEST_F(GpuMixture, WideMixturesHaveTheBitsOfTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const auto gpu = open_gpu(threads_);
  for (const Covariance covariance : kShapes) {
    SCOPED_TRACE(to_string(covariance));
    const Case wide{"wide", make_rows(600, 150, 7), make_mixture(covariance, 3, 150, 8), SecondMoments::variances};
    expect_same(run_on(*gpu, wide, kWhole, true), run_on(cpu, wide, kWhole, true));
    const std::vector<CategoryBlock> blocks = make_categories(150);
    Rows rows = make_rows(600, 150, 7);
    add_levels(rows, blocks, 8);
    add_weights(rows);
    for (float& value : std::span(rows.values.data(), 600 * 150)) {
      if (std::isnan(value)) value = 0.0F;
    }
    const Case levels{"levels", std::move(rows), make_mixed(covariance, 2, 150, blocks, 9), SecondMoments::variances};
    expect_same(run_on(*gpu, levels, kWhole, false), run_on(cpu, levels, kWhole, false));
    const Case many{"many", make_rows(600, 2, 7), make_mixture(covariance, 300, 2, 8), SecondMoments::covariances};
    expect_same(run_on(*gpu, many, kWhole, true), run_on(cpu, many, kWhole, true));
  }
}

TEST_F(GpuMixture, CountsLevelsForAMixtureThatHasNone) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const auto gpu = open_gpu(threads_);
  const std::vector<CategoryBlock> blocks = make_categories(6);
  Rows rows = make_rows(5000, 6, 3);
  add_levels(rows, blocks, 4);
  for (float& value : std::span(rows.values.data(), 5000 * 6)) {
    if (std::isnan(value)) value = 0.0F;
  }
  const Mixture mixture = make_mixture(Covariance::spherical, 3, 6, 5);
  const MixtureTask task{.mixture = &mixture, .second = SecondMoments::variances, .categories = blocks};
  expect_same(run(rows, mixture, *gpu->mixture(task), kWhole, false), run(rows, mixture, *cpu.mixture(task), kWhole, false));
}

TEST_F(GpuMixture, PassesOfASeriesEqualThoseOnTheirOwn) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  for (const std::string& memory : {std::string(), std::string("1M"), std::to_string((256 << 20) + 400'000)}) {
    SCOPED_TRACE("memory '" + memory + "'");
    limit_memory(memory);
    const auto gpu = open_gpu(threads_);
    Rows rows = make_rows(20000, 5, 9);
    add_weights(rows);
    for (const std::int64_t expected : {0, 20000}) {
      const auto series = gpu->mixture_series(expected);
      for (int step = 0; step < 6; ++step) {
        SCOPED_TRACE(fmt::format("{} rows expected, step {}", expected, step));
        // Components come and go, as in EM, and so do results and chunks.
        const Mixture mixture = make_mixture(kShapes[step % 4], 4 - step / 2, 5, static_cast<std::uint64_t>(10 + step));
        const MixtureTask task{.mixture = &mixture, .second = SecondMoments::covariances};
        const std::int64_t chunk_rows = step == 3 ? kWhole : 8192;
        const bool outputs = step == 2;
        expect_same(run(rows, mixture, *series->next(task), chunk_rows, outputs),
                    run(rows, mixture, *cpu.mixture(task), chunk_rows, outputs));
      }
    }
  }
}

TEST_F(GpuMixture, AnEmptyTableHasEmptySums) {
  const auto gpu = open_gpu(threads_);
  const Mixture mixture = make_mixture(Covariance::full, 3, 4, 5);
  const MixtureStatistics sums = gpu->mixture({.mixture = &mixture, .second = SecondMoments::covariances})->finish();
  EXPECT_EQ(sums.log_likelihood, 0.0);
  EXPECT_THAT(sums.weights, ::testing::ElementsAre(0.0, 0.0, 0.0));
  EXPECT_EQ(sums.second.columns(), 10);
}

/// Alone and in a series, whose passes may be of either kind.
TEST_F(GpuMixture, RowsWithGapsEqualTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const auto gpu = open_gpu(threads_);
  const Rows whole = make_rows(9000, 4, 5);
  Rows rows = whole;
  for (std::int64_t i = 0; i < 9000; i += 3) rows.values(i, i % 4) = std::numeric_limits<float>::quiet_NaN();
  const Mixture mixture = make_mixture(Covariance::full, 3, 4, 5);
  const MixtureTask task{.mixture = &mixture, .second = SecondMoments::covariances};
  MixtureTask gaps = task;
  gaps.gaps = true;
  const Answer want = run(rows, mixture, *cpu.mixture(gaps), 4096, true);
  expect_same(run(rows, mixture, *gpu->mixture(gaps), 4096, true), want);
  const auto series = gpu->mixture_series(0);
  expect_same(run(rows, mixture, *series->next(gaps), 4096, true), want);
  expect_same(run(whole, mixture, *series->next(task), 4096, true), run(whole, mixture, *cpu.mixture(task), 4096, true));
  expect_same(run(rows, mixture, *series->next(gaps), 4096, true), want);
}

TEST_F(GpuMixture, NamesARowThatLacksANumber) {
  const auto gpu = open_gpu(threads_);
  Rows rows = make_rows(700, 3, 5);
  rows.values(77, 1) = std::numeric_limits<float>::quiet_NaN();
  const Mixture mixture = make_mixture(Covariance::diag, 3, 3, 5);
  const auto pass = gpu->mixture({.mixture = &mixture});
  pass->consume({.first_row = 5000, .rows = rows.values.view()}, {});
  try {
    static_cast<void>(pass->finish());
    ADD_FAILURE() << "nothing was said";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("row 5077"));
  }
}

TEST_F(GpuMixture, RefusesWhatTheCpuRefuses) {
  const auto gpu = open_gpu(threads_);
  Mixture mixture = make_mixture(Covariance::diag, 3, 3, 5);
  mixture.covariances(1, 1) = 0.0;
  EXPECT_THROW((void)gpu->mixture({.mixture = &mixture}), NumericalError);
  EXPECT_THROW((void)gpu->mixture_series(0)->next({.mixture = &mixture}), NumericalError);
}

MixtureResult fit(const PreparedPoints& points, Backend& backend, Covariance covariance) {
  QuietJob job(2);
  const JobContext context = job.context();
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, {}, 8192, context);
  SoloCommunicator comm;
  return fit_mixture(*feeder, backend, comm, {.segments = 4, .covariance = covariance, .seed = 5, .max_iterations = 20},
                     context, {});
}

TEST_F(GpuMixture, FitsEqualThoseOfTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const PreparedPoints points = prepare_points(make_blobs(affordable_rows(200000), 6, 5, 3));
  for (const Covariance covariance : kShapes) {
    const MixtureResult want = fit(points, cpu, covariance);
    for (const char* memory : {"", "1M"}) {
      SCOPED_TRACE(std::string(to_string(covariance)) + ", memory '" + memory + "'");
      limit_memory(memory);
      const auto gpu = open_gpu(threads_);
      const MixtureResult got = fit(points, *gpu, covariance);
      EXPECT_EQ(got.mixture, want.mixture);
      EXPECT_EQ(got.history, want.history);
      EXPECT_EQ(got.rows, want.rows);
      EXPECT_EQ(got.fit.log_likelihood, want.fit.log_likelihood);
    }
  }
}

}  // namespace
}  // namespace tessera::testing
