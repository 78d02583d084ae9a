// SPDX-License-Identifier: Apache-2.0
// Time of one nearest pass (labels and statistics, as in an iteration of k-means) per shape and level.
//   OMP_NUM_THREADS=2 nearest_bench --benchmark_filter=avx3
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "backend/registry.hpp"
#include "exact/grid.hpp"
#include "threads_wanted.hpp"

namespace tessera {
namespace {

enum class Data { blobs, binary, offset_clusters };

struct Problem {
  Matrix<float> rows;
  Matrix<float> centroids;
  GridUnits units;
};

/// Overlapping blobs with 10 % noise (centroids: their true centres), 0/1 columns where nearly every row ties (centroids:
/// rows), or blobs around two points 10^4 apart, which float32 scores cannot tell apart.
Problem make_problem(Data data, std::int64_t n, std::int64_t d, std::int64_t k) {
  std::mt19937 bits(7);
  std::normal_distribution<float> bell;
  std::uniform_real_distribution<float> uniform(-3.0F, 3.0F);
  Problem problem{Matrix<float>(n, d), Matrix<float>(k, d), {}};
  for (std::int64_t c = 0; c < k; ++c) {
    for (std::int64_t j = 0; j < d; ++j) {
      problem.centroids(c, j) = bell(bits) + (data == Data::offset_clusters ? (c % 2 == 0 ? 5e3F : -5e3F) : 0.0F);
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      float value = i % 10 == 9 ? uniform(bits) : problem.centroids(i % k, j) + bell(bits);
      if (data == Data::binary) value = bell(bits) > 0.0F ? 1.0F : 0.0F;
      problem.rows(i, j) = exact::to_grid(value, exact::make_grid(-24));
    }
  }
  if (data == Data::binary) {
    for (std::int64_t c = 0; c < k; ++c) {
      for (std::int64_t j = 0; j < d; ++j) problem.centroids(c, j) = problem.rows(c, j);
    }
  }
  problem.units = {std::vector<int>(static_cast<std::size_t>(d), -24), 0, -30};
  return problem;
}

/// What a pass is asked for: an iteration of k-means, the same with the exact objective, the closing sweep, or an iteration of
/// a series whose centroids stand still, which knows nearly all rows.
enum class Wanted { iteration, objective, outputs, settled };

/// Rows of a problem: enough to leave the caches, few enough that every shape takes about as long.
std::int64_t comfortable_rows(std::int64_t d, std::int64_t k) {
  return std::min<std::int64_t>(200000, 100000000 / (d * k) + 20000);
}

void nearest_pass(benchmark::State& state, const std::string& level, Data data, Wanted wanted) {
  const std::int64_t d = state.range(0);
  const std::int64_t k = state.range(1);
  const std::int64_t n = state.range(2) > 0 ? state.range(2) : comfortable_rows(d, k);
  const Problem problem = make_problem(data, n, d, k);
  SilentObserver observer;
  const CancelToken cancel;
  ThreadPool threads(threads_wanted());
  const auto backend = open_backend({"cpu", level}, {observer, cancel, threads});
  const auto rows = static_cast<std::size_t>(n);
  std::vector<std::int32_t> segment(wanted == Wanted::outputs ? rows : 0), runner_up(segment.size());
  std::vector<double> distance2(segment.size()), runner_up_distance2(segment.size());
  std::int64_t reference_rows = 0;
  const NearestTask task{problem.centroids.view(), &problem.units, true,
                         wanted == Wanted::objective || wanted == Wanted::outputs};
  const auto series = backend->nearest_series(0);
  std::vector<std::byte> kept(wanted == Wanted::settled ? rows * static_cast<std::size_t>(series->row_state_bytes()) : 0);
  const auto run_pass = [&] {
    const auto pass = wanted == Wanted::settled ? series->next(task) : backend->nearest(task);
    pass->consume({0, problem.rows.view(), {}, {}, kept}, {segment, distance2, runner_up, runner_up_distance2});
    return pass->finish();
  };
  if (wanted == Wanted::settled) static_cast<void>(run_pass());
  for (auto _ : state) {
    const NearestStatistics statistics = run_pass();
    reference_rows = statistics.reference_rows;
    benchmark::DoNotOptimize(statistics.rows.data());
  }
  const auto nd = static_cast<double>(n * d);
  using benchmark::Counter;
  state.counters["flop"] = Counter(2.0 * nd * static_cast<double>(k), Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(4.0 * nd, Counter::kIsIterationInvariantRate);
  state.counters["s_per_Mrow"] = Counter(static_cast<double>(n) * 1e-6, Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["reference_%"] = 100.0 * static_cast<double>(reference_rows) / static_cast<double>(n);
}

void add(const std::string& name, const std::string& level, Data data, Wanted wanted,
         const std::vector<std::array<std::int64_t, 2>>& shapes, std::int64_t rows = 0) {
  auto* made = benchmark::RegisterBenchmark(name.c_str(), nearest_pass, level, data, wanted);
  for (const auto& shape : shapes) made->Args({shape[0], shape[1], rows});
  made->ArgNames({"d", "k", "n"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

/// Odd sizes beside even ones, to see cliffs; more rows, to see whether time grows with them; and rows that lie in the
/// second-level cache beside rows that don't, to see what waits for memory.
void add_sweeps(const std::string& level) {
  std::vector<std::array<std::int64_t, 2>> by_features, by_segments;
  for (const std::int64_t d : {4, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 127, 128, 129, 192, 256})
    by_features.push_back({d, 64});
  for (const std::int64_t k : {2, 8, 11, 12, 16, 17, 32, 33, 64, 65, 128, 129, 256, 257, 512, 1024, 2048, 2049, 4096}) {
    by_segments.push_back({32, k});
  }
  add("features/" + level, level, Data::blobs, Wanted::iteration, by_features, 100000);
  add("segments/" + level, level, Data::blobs, Wanted::iteration, by_segments, 60000);
  for (const std::int64_t n : {1000000, 4000000, 16000000}) {
    add("rows/" + level, level, Data::blobs, Wanted::iteration, {{32, 64}}, n);
  }
  for (const std::int64_t n : {8192, 1000000}) {
    add("cached/" + level, level, Data::blobs, Wanted::iteration, {{16, 8}, {32, 16}, {32, 64}, {64, 64}}, n);
  }
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  using tessera::Data;
  using tessera::Wanted;
  for (const std::string& level : tessera::cpu_levels()) {
    tessera::add("blobs/" + level, level, Data::blobs, Wanted::iteration,
                 {{16, 8}, {16, 64}, {32, 16}, {32, 64}, {32, 256}, {64, 64}, {64, 256}, {128, 256}, {128, 1024}, {1024, 64}});
    tessera::add("settled/" + level, level, Data::blobs, Wanted::settled, {{16, 64}, {32, 16}, {32, 64}}, 1000000);
    tessera::add("objective/" + level, level, Data::blobs, Wanted::objective, {{16, 8}, {32, 64}, {64, 256}});
    tessera::add("outputs/" + level, level, Data::blobs, Wanted::outputs, {{16, 8}, {32, 64}, {64, 256}});
    tessera::add("binary/" + level, level, Data::binary, Wanted::iteration, {{20, 64}});
    tessera::add("offset_clusters/" + level, level, Data::offset_clusters, Wanted::iteration, {{32, 64}});
  }
  tessera::add_sweeps(tessera::cpu_levels().front());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
