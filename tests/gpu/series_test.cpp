// SPDX-License-Identifier: Apache-2.0
// Passes of a series, whose rows stay on the device as far as there is room, equal passes on their own.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/cpu_backend.hpp"
#include "exact/lloyd_update.hpp"
#include "fit/kmeans.hpp"
#include "fit/mixture.hpp"
#include "gpu/gpu_test.hpp"
#include "support/awkward_cases.hpp"
#include "support/moments_cases.hpp"
#include "support/naive.hpp"
#include "support/prepared_points.hpp"

namespace tessera::testing {
namespace {

using GpuSeries = GpuTest;

/// Chunks of a table: rows between borders.
using Borders = std::vector<std::int64_t>;

void consume_all(NearestPass& pass, const AwkwardCase& made, const Borders& borders, std::vector<std::int32_t>* segment) {
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const std::int64_t first = borders[i], count = borders[i + 1] - borders[i];
    const auto part = [&](auto span) {
      return span.empty() ? span : span.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    };
    RowOutputs outputs;
    if (segment != nullptr) outputs.segment = part(std::span(*segment));
    pass.consume({first, made.rows.view().slice(first, count), part(std::span(made.weights)), part(std::span(made.flags))},
                 outputs);
  }
}

void expect_sums(const NearestStatistics& got, const NearestStatistics& want) {
  ASSERT_TRUE(got.sums == want.sums);
  ASSERT_TRUE(got.gap_sums == want.gap_sums);
  ASSERT_TRUE(got.gap_weights == want.gap_weights);
  ASSERT_TRUE(got.weights == want.weights);
  ASSERT_EQ(got.rows, want.rows);
}

/// Centroids that hardly move, that stand still, that jump, and that change places; labels wanted in some passes.
void run_series(Backend& backend, const AwkwardCase& made, const std::function<Borders(int step)>& borders) {
  const auto series = backend.nearest_series(0);
  EXPECT_EQ(series->row_state_bytes(), 0);
  AwkwardRandom random(11);
  Matrix<float> centroids = made.centroids;
  constexpr float kSize[] = {0.0F, 1e-6F, 1e-3F, 0.0F, 0.05F, 1.0F};
  for (int step = 0; step < 6; ++step) {
    SCOPED_TRACE(step);
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      for (float& value : centroids.row(c)) value *= 1.0F + kSize[step] * static_cast<float>(random.bell());
    }
    if (step == 4 && centroids.rows() > 1) std::ranges::swap_ranges(centroids.row(0), centroids.row(centroids.rows() - 1));
    const NaiveNearest want = naive_nearest(made, centroids.view());
    const bool objective = step == 0 || step == 3;
    const auto pass = series->next({centroids.view(), &made.units, true, objective, made.columns});
    std::vector<std::int32_t> segment(want.segment.size());
    const bool wants_segment = step == 2 || step == 3;
    consume_all(*pass, made, borders(step), wants_segment ? &segment : nullptr);
    const NearestStatistics found = pass->finish();
    expect_sums(found, want.statistics);
    if (::testing::Test::HasFatalFailure()) return;
    if (wants_segment) {
      ASSERT_EQ(segment, want.segment);
    }
    if (objective) {
      ASSERT_TRUE(found.objective == want.statistics.objective);
    }
  }
}

std::vector<AwkwardCase> some_cases() {
  std::vector<AwkwardCase> cases = awkward_values();
  std::vector<AwkwardCase> gaps = awkward_gaps();
  for (std::size_t i = 0; i < gaps.size(); i += 3) cases.push_back(std::move(gaps[i]));
  std::erase_if(cases, [](const AwkwardCase& made) { return made.name.ends_with("most_segments"); });
  return cases;
}

TEST_F(GpuSeries, ResidentRowsEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : some_cases()) {
    SCOPED_TRACE(made.name);
    const std::int64_t n = made.rows.rows();
    run_series(*backend, made, [&](int) { return Borders{0, n / 3, n / 3, n}; });
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST_F(GpuSeries, StreamedRowsEqualTheNaiveTwin) {
  limit_memory("1M");  // less than what is left for passes: nothing stays
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : some_cases()) {
    SCOPED_TRACE(made.name);
    const std::int64_t n = made.rows.rows();
    run_series(*backend, made, [&](int) { return Borders{0, n / 2, n}; });
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// Room for some chunks only: the others come from the host in every pass.
TEST_F(GpuSeries, PartlyResidentRowsEqualTheNaiveTwin) {
  limit_memory(std::to_string((256 << 20) + 40000));
  const auto backend = open_gpu(threads_);
  AwkwardRandom random(7);
  const AwkwardCase made =
      make_case("partly", 3000, 6, 9, 0.3, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  run_series(*backend, made, [&](int) { return Borders{0, 1000, 2000, 3000}; });
}

/// Chunks that come from the host in several pieces and are worked on as a whole later.
TEST_F(GpuSeries, LongResidentChunksEqualTheNaiveTwin) {
  limit_memory("300M");  // about 9,000 of these rows are copied at a time
  const auto backend = open_gpu(threads_);
  AwkwardRandom random(9);
  AwkwardCase made =
      make_case("long", 12000, 512, 3, 0.3, random, [&](std::int64_t, std::int64_t) { return random.uniform(); });
  for (std::int64_t i = 0; i < 12000; ++i) {
    made.weights.push_back(static_cast<float>(i % 7) * 0.3F);
    made.flags.push_back(i % 11 == 0 ? kFlagRejected : 0);
  }
  made.units = put_on_grid(made.rows, made.weights);
  run_series(*backend, made, [&](int) { return Borders{0, 12000}; });
}

/// Chunks whose borders change from pass to pass, also back to what they were.
TEST_F(GpuSeries, OtherBordersEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : some_cases()) {
    SCOPED_TRACE(made.name);
    const std::int64_t n = made.rows.rows();
    run_series(*backend, made, [&](int step) {
      if (step == 0 || step == 1) return Borders{0, n / 3, n};
      if (step == 2) return Borders{0, n / 2, n};
      return step == 3 ? Borders{0, n} : Borders{0, n / 3, n};
    });
    if (::testing::Test::HasFatalFailure()) return;
  }
}

/// What a pass of a script is like: the centroids that Lloyd's step gives, which a device may have gone on to by itself, or
/// others; rows in the usual chunks or in others; with labels, with the objective, or neither.
/// Or a pass aside of the series, with another number of centroids.
enum class Turn { step, jump, step_other_chunks, step_labels, step_objective, jump_objective, aside, aside_labels };

/// A pass aside over the rows, of the first of the centroids.
void run_aside(NearestSeries& series, const AwkwardCase& made, const Matrix<float>& centroids, bool labels) {
  const auto some = centroids.view().slice(0, (centroids.rows() + 1) / 2);
  const std::int64_t n = made.rows.rows();
  const NaiveNearest want = naive_nearest(made, some);
  const auto pass = series.aside({some, &made.units, true, true, made.columns});
  std::vector<std::int32_t> segment(want.segment.size());
  consume_all(*pass, made, {0, n / 4, n / 2, n / 4 * 3, n}, labels ? &segment : nullptr);
  const NearestStatistics found = pass->finish();
  expect_sums(found, want.statistics);
  EXPECT_TRUE(found.objective == want.statistics.objective);
  if (labels) {
    EXPECT_EQ(segment, want.segment);
  }
}

void run_script(Backend& backend, const AwkwardCase& made, const std::vector<Turn>& script) {
  const std::int64_t n = made.rows.rows(), d = made.rows.columns(), k = made.centroids.rows();
  const auto series = backend.nearest_series(n);
  AwkwardRandom random(4);
  Matrix<float> centroids = made.centroids;
  for (std::size_t i = 0; i < script.size(); ++i) {
    SCOPED_TRACE(i);
    const Turn turn = script[i];
    if (turn == Turn::aside || turn == Turn::aside_labels) {
      run_aside(*series, made, centroids, turn == Turn::aside_labels);
      if (::testing::Test::HasFailure()) return;
      continue;
    }
    if (turn == Turn::jump || turn == Turn::jump_objective) {
      for (std::int64_t c = 0; c < k; ++c) {
        for (float& value : centroids.row(c)) value *= 1.0F + 0.05F * static_cast<float>(random.bell());
      }
    }
    const NaiveNearest want = naive_nearest(made, centroids.view());
    const bool objective = turn == Turn::step_objective || turn == Turn::jump_objective;
    const auto pass = series->next({centroids.view(), &made.units, true, objective, made.columns});
    std::vector<std::int32_t> segment(want.segment.size());
    const Borders borders = turn == Turn::step_other_chunks ? Borders{0, n / 2, n} : Borders{0, n / 4, n / 2, n / 4 * 3, n};
    consume_all(*pass, made, borders, turn == Turn::step_labels ? &segment : nullptr);
    const NearestStatistics found = pass->finish();
    expect_sums(found, want.statistics);
    if (::testing::Test::HasFatalFailure()) return;
    if (turn == Turn::step_labels) {
      ASSERT_EQ(segment, want.segment);
    }
    if (objective) {
      ASSERT_TRUE(found.objective == want.statistics.objective);
    }
    for (std::int64_t c = 0; c < k; ++c) {  // a segment without rows stays where it is
      const Int128 weight = found.weights[static_cast<std::size_t>(c)];
      if (weight <= 0) continue;
      exact::lloyd_update(found.sums.row(c).data(), weight, made.units.feature_exponent.data(), made.units.weight_exponent, d,
                          centroids.row(c).data());
    }
  }
}

/// Passes that the device does ahead, and those that turn out otherwise than it expected.
TEST_F(GpuSeries, PassesDoneAheadEqualTheNaiveTwin) {
  using enum Turn;
  const std::vector<std::vector<Turn>> scripts = {
      {jump_objective, step, step, step, step, step, step, step},
      {step, step, step_labels, step, step_objective, step, step},
      {step, step, step_other_chunks, step, step, step_other_chunks, step},
      {step, step, jump, step, step, jump_objective, step, step, jump, step},
      {aside_labels, aside, step, step, aside, step, step, aside_labels, aside, step},
  };
  const auto backend = open_gpu(threads_);
  for (const AwkwardCase& made : some_cases()) {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      SCOPED_TRACE(made.name + ", script " + std::to_string(i));
      run_script(*backend, made, scripts[i]);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

/// More rows to look at than blocks take at once, and then only some of them.
TEST_F(GpuSeries, ManyMovingRowsEqualTheNaiveTwin) {
  const auto backend = open_gpu(threads_);
  AwkwardRandom random(13);
  for (const auto& [n, d] : {std::pair<std::int64_t, std::int64_t>{7000, 8}, {3000, 150}}) {
    const AwkwardCase made = make_case("many", n, d, 5, 0.1, random, [&](std::int64_t i, std::int64_t j) {
      return (i % 5 == j % 8 ? 6.0 : 0.0) + random.bell();
    });
    run_script(*backend, made, {Turn::jump, Turn::jump, Turn::step, Turn::jump, Turn::step});
  }
}

TEST_F(GpuSeries, AnotherShapeIsRefused) {
  const auto backend = open_gpu(threads_);
  const AwkwardCase made = awkward_values().front();
  const auto series = backend->nearest_series(0);
  {
    const auto pass = series->next({made.centroids.view(), &made.units});
    pass->consume({0, made.rows.view(), made.weights, {}}, {});
    static_cast<void>(pass->finish());
  }
  EXPECT_THROW((void)series->next({made.centroids.view().slice(0, 2), &made.units}), Error);
}

KMeansResult fit(const PreparedPoints& points, Backend& backend, int segments) {
  QuietJob job(2);
  const JobContext context = job.context();
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, {}, 4096, context);
  SoloCommunicator comm;
  return fit_kmeans(*feeder, backend, comm, points.plan, {.segments = segments, .seed = 5}, context);
}

TEST_F(GpuSeries, FitsEqualThoseOfTheCpu) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  const PreparedPoints points = prepare_points(make_blobs(affordable_rows(100000), 7, 13, 3));
  const KMeansResult want = fit(points, cpu, 9);
  for (const char* memory : {"", "", "", "1M"}) {
    limit_memory(memory);
    const auto gpu = open_gpu(threads_);
    const KMeansResult got = fit(points, *gpu, 9);
    EXPECT_TRUE(got.centroids == want.centroids);
    EXPECT_EQ(got.weights, want.weights);
    EXPECT_EQ(got.rows, want.rows);
    EXPECT_EQ(got.inertia, want.inertia);
    EXPECT_EQ(got.iterations, want.iterations);
  }
}

MixtureResult fit_mixture_of(const PreparedPoints& points, Backend& backend) {
  QuietJob job(2);
  const JobContext context = job.context();
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, {}, 4096, context);
  SoloCommunicator comm;
  return fit_mixture(*feeder, backend, comm, {.segments = 3, .restarts = 1, .max_iterations = 3}, context, {});
}

/// Gives rows only where they are not held, as if they were on a disk otherwise.
class SparingFeeder final : public Feeder {
 public:
  explicit SparingFeeder(std::unique_ptr<Feeder> feeder) : feeder_(std::move(feeder)) {}
  [[nodiscard]] std::int64_t rows() const override { return feeder_->rows(); }
  [[nodiscard]] std::int64_t total_rows() const override { return feeder_->total_rows(); }
  [[nodiscard]] int features() const override { return feeder_->features(); }
  [[nodiscard]] const char* residency() const override { return "sparing"; }
  using Feeder::for_each;
  void for_each(const std::function<void(const Chunk&)>& visit, const Held& held) override {
    std::vector<bool> spared;
    feeder_->for_each([&](const Chunk& chunk) { spared.push_back(held && held(chunk.first_row, chunk.rows.rows)); });
    std::size_t i = 0;
    feeder_->for_each([&](const Chunk& chunk) {
      spared_rows += spared[i] ? chunk.rows.rows : 0;
      visit(spared[i] ? Chunk{.first_row = chunk.first_row, .rows = {nullptr, chunk.rows.rows, chunk.rows.columns}} : chunk);
      ++i;
    });
  }
  void keep_state(int bytes_per_row) override { feeder_->keep_state(bytes_per_row); }

  std::int64_t spared_rows = 0;

 private:
  std::unique_ptr<Feeder> feeder_;
};

TEST_F(GpuSeries, RowsOnTheDeviceAreNotReadAgain) {
  CpuBackend cpu(supported_cpu_levels().front(), threads_);
  QuietJob job(2);
  const JobContext context = job.context();
  SoloCommunicator comm;
  const std::int64_t n = affordable_rows(60000);
  const PreparedPoints points = prepare_points(make_blobs(n, 7, 13, 3));
  const std::vector<std::uint8_t> flags(static_cast<std::size_t>(n));
  const auto feeder = [&] { return make_matrix_feeder(points.rows.view(), points.weights, flags, 4096, context); };
  const KMeansOptions means{.segments = 9, .seed = 5};
  const MixtureOptions mixtures{.segments = 3, .restarts = 1, .max_iterations = 4};
  const auto plain = feeder();
  const KMeansResult want = fit_kmeans(*plain, cpu, comm, points.plan, means, context);
  const MixtureResult want_mixture = fit_mixture(*plain, cpu, comm, mixtures, context, {});
  for (const auto& memory : {std::string(), std::to_string((256 << 20) + 4096 * 60)}) {  // room for all rows, and for a chunk
    limit_memory(memory);
    const auto gpu = open_gpu(threads_);
    SparingFeeder sparing(feeder());
    const KMeansResult got = fit_kmeans(sparing, *gpu, comm, points.plan, means, context);
    EXPECT_TRUE(got.centroids == want.centroids);
    EXPECT_EQ(got.rows, want.rows);
    EXPECT_EQ(got.inertia, want.inertia);
    const std::int64_t held = memory.empty() ? n : std::min<std::int64_t>(n, 4096);
    EXPECT_GE(sparing.spared_rows, held * want.iterations);
    SparingFeeder of_mixture(feeder());
    EXPECT_TRUE(fit_mixture(of_mixture, *gpu, comm, mixtures, context, {}).mixture.means == want_mixture.mixture.means);
    EXPECT_GE(of_mixture.spared_rows, held * (want_mixture.iterations - 1));
  }
}

std::int64_t host_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * 4096;
}

TEST_F(GpuSeries, TwoHundredFitsLeakNothing) {
  const PreparedPoints points = prepare_points(make_blobs(2000, 5, 4, 3));
  const RawRows raw = make_raw_rows(5000, 4, {3, 2}, 0.1, true);
  const auto one = [&] {
    const auto backend = open_gpu(threads_);
    static_cast<void>(fit(points, *backend, 4));
    static_cast<void>(fit_mixture_of(points, *backend));
    static_cast<void>(run(raw.blocks(), *backend->moments(task_of(4, true)), 1));
  };
  for (int i = 0; i < 20; ++i) one();
  const std::int64_t device_before = gpu_free_bytes();
  const std::int64_t host_before = host_bytes();
  for (int i = 0; i < 200; ++i) one();
  // A driver keeps memory of its own; a leak of one buffer a fit is more.
  EXPECT_GE(gpu_free_bytes(), device_before - (std::int64_t{8} << 20));
  EXPECT_LE(host_bytes(), host_before + (std::int64_t{16} << 20));
}

}  // namespace
}  // namespace tessera::testing
