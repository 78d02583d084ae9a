// SPDX-License-Identifier: Apache-2.0
// Time of one mixture pass with its sums, as in an iteration of EM, per covariance, shape and level.
//   OMP_NUM_THREADS=2 mixture_bench --benchmark_filter=avx3
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "backend/registry.hpp"
#include "threads_wanted.hpp"

namespace tessera {
namespace {

void mixture_pass(benchmark::State& state, const std::string& level, Covariance covariance, SecondMoments second) {
  const std::int64_t d = state.range(0), k = state.range(1), n = 200'000;
  std::mt19937 bits(7);
  std::normal_distribution<float> bell;
  Matrix<float> rows(n, d);
  for (std::int64_t i = 0; i < n * d; ++i) rows.data()[i] = bell(bits);
  const bool matrices = covariance == Covariance::full || covariance == Covariance::tied;
  const std::int64_t count = covariance == Covariance::tied ? 1 : k;
  Mixture mixture{covariance, std::vector<double>(static_cast<std::size_t>(d)),
                  std::vector<double>(static_cast<std::size_t>(k), 1.0 / static_cast<double>(k)), Matrix<double>(k, d),
                  matrices ? Matrix<double>(count * d, d) : Matrix<double>(k, d, 1.0)};
  for (std::int64_t i = 0; i < k * d; ++i) mixture.means.data()[i] = static_cast<double>(bell(bits));
  for (std::int64_t i = 0; matrices && i < count * d; ++i) mixture.covariances(i, i % d) = 1.0;

  SilentObserver observer;
  const CancelToken cancel;
  ThreadPool threads(threads_wanted());
  const auto backend = open_backend({"cpu", level}, {observer, cancel, threads});
  for (auto _ : state) {
    const auto pass = backend->mixture({.mixture = &mixture, .second = second});
    pass->consume({.rows = rows.view()}, {});
    benchmark::DoNotOptimize(pass->finish());
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}

void add_benchmarks() {
  for (const std::string& level : cpu_levels()) {
    if (level == "eigen") continue;
    const auto add = [&](Covariance covariance, SecondMoments second) {
      benchmark::RegisterBenchmark(("mixture/" + std::string(to_string(covariance)) + "/" + level).c_str(), mixture_pass, level,
                                   covariance, second)
          ->Args({16, 8})
          ->Args({32, 16})
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    };
    add(Covariance::full, SecondMoments::covariances);
    add(Covariance::tied, SecondMoments::none);
    add(Covariance::diag, SecondMoments::variances);
  }
}

}  // namespace
}  // namespace tessera

int main(int argc, char** argv) {
  tessera::add_benchmarks();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
