// SPDX-License-Identifier: Apache-2.0
// Time of passes on a GPU by shape, beside the device's own copy rates: one line a shape, tab-separated.
//   gpu_bench [LARGEST_ROWS]    default 10000000
// Nearest passes, screened by matrix units and in float32:
// first_ms: the first pass of a series, rows come from the host; full_ms: iterations of a fit, the host's means included, as
// fit_kmeans has them, that look at every row; fit_ms: the same, rows that need no look left alone; floor_%: time of one read
// of the rows at the copy rate over full_ms; streamed_ms: a pass on its own. scores_ms: a pass on its own that gives every row
// its segment, runner-up and distances; gaps_ms: passes over rows of which each lacks some features, all of them looked at.
// Expectation steps of a mixture: first_ms and later_ms, the same of a series; Tflop/s: float64 operations of later passes.
// Moments of every two of d float32 columns, from the host's memory: bus_%: time of one copy of the cells over the pass's.
// Wall time of consume() and finish(), medians.
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/cuda_check.hpp"
#include "backend/cuda/cuda_memory.hpp"
#include "backend/registry.hpp"
#include "exact/grid.hpp"
#include "exact/lloyd_update.hpp"
#include "support/awkward_cases.hpp"

namespace tessera::testing {
namespace {

constexpr std::int64_t kChunkRows = 1000000;
constexpr int kRepeats = 5;

double median_ms(int repeats, const std::function<void(int)>& work) {
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work(i);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[static_cast<std::size_t>(repeats / 2)];
}

/// Bytes a second that a copy within the device reads and writes, and that a copy from pinned memory brings.
struct CopyRates {
  double device = 0.0;
  double host = 0.0;
};

CopyRates measure_copies() {
  constexpr std::int64_t kBytes = std::int64_t{1} << 30;
  const cuda::DeviceBuffer<char> from(kBytes), to(kBytes);
  cuda::PinnedBuffer<char> pinned;
  pinned.reserve(kBytes);
  const cuda::Stream stream;
  const auto copy_ms = [&](const void* source, cudaMemcpyKind kind) {
    return median_ms(2 * kRepeats + 1, [&](int) {
      cuda::check(cudaMemcpyAsync(to.data(), source, kBytes, kind, stream.get()), "cudaMemcpyAsync", kBytes);
      stream.wait();
    });
  };
  return {2e3 * kBytes / copy_ms(from.data(), cudaMemcpyDeviceToDevice),
          1e3 * kBytes / copy_ms(pinned.data(), cudaMemcpyHostToDevice)};
}

/// Overlapping blobs with noise; centroids are their centres, in two sets a tenth of a deviation apart.
struct Problem {
  Matrix<float> rows, centroids, moved;
  GridUnits units;
};

Problem make_problem(std::int64_t d, std::int64_t k) {
  AwkwardRandom random(7);
  Problem problem{Matrix<float>(kChunkRows, d), Matrix<float>(k, d), Matrix<float>(k, d), {}};
  for (std::int64_t c = 0; c < k; ++c) {
    for (std::int64_t j = 0; j < d; ++j) {
      problem.centroids(c, j) = static_cast<float>(random.bell());
      problem.moved(c, j) = problem.centroids(c, j) + 0.1F * static_cast<float>(random.bell());
    }
  }
  for (std::int64_t i = 0; i < kChunkRows; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      const double noise = 3.4 * (random.uniform() - 0.5);  // deviation 1, and quicker than a bell
      problem.rows(i, j) = exact::to_grid(static_cast<double>(problem.centroids(i % k, j)) + noise, exact::make_grid(-24));
    }
  }
  problem.units = {std::vector<int>(static_cast<std::size_t>(d), -24), 0, -30};
  return problem;
}

/// The means of the segments; one without rows stays where it is.
void step(const NearestStatistics& found, const GridUnits& units, Matrix<float>& centroids) {
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    const Int128 weight = found.weights[static_cast<std::size_t>(c)];
    if (weight <= 0) continue;
    exact::lloyd_update(found.sums.row(c).data(), weight, units.feature_exponent.data(), units.weight_exponent,
                        centroids.columns(), centroids.row(c).data());
  }
}

NearestStatistics sweep(NearestPass& pass, std::int64_t n, const Problem& problem) {
  for (std::int64_t first = 0; first < n; first += kChunkRows) {
    pass.consume({first, problem.rows.view().slice(0, std::min(kChunkRows, n - first)), {}, {}}, {});
  }
  return pass.finish();
}

/// A fit's first pass, and the mean of those that follow.
struct FitTimes {
  double first_ms = 0.0;
  double later_ms = 0.0;
  std::int64_t reference_rows = 0;  ///< of the last one
};

FitTimes time_fit(Backend& backend, std::int64_t n, const Problem& problem) {
  constexpr int kIterations = 20;
  const auto series = backend.nearest_series(n);
  Matrix<float> model = problem.moved;
  NearestStatistics found;
  const auto next = [&] { found = sweep(*series->next({model.view(), &problem.units}), n, problem); };
  FitTimes times;
  times.first_ms = median_ms(1, [&](int) { next(); });
  const auto iterate = [&](int) {
    for (int i = 0; i < kIterations; ++i) {
      step(found, problem.units, model);
      next();
    }
  };
  times.later_ms = median_ms(1, iterate) / kIterations;
  times.reference_rows = found.reference_rows;
  return times;
}

/// The same device, asked to screen in one way or the other: passes look at every row, or leave settled ones alone.
struct Backends {
  std::unique_ptr<Backend> full, fit;
};

void measure(const char* screen, const Backends& backends, const CopyRates& rates, std::int64_t n, const Problem& problem) {
  const FitTimes full = time_fit(*backends.full, n, problem);
  const FitTimes fit = time_fit(*backends.fit, n, problem);
  const auto stream = [&](int) {
    static_cast<void>(sweep(*backends.full->nearest({problem.centroids.view(), &problem.units}), n, problem));
  };
  stream(0);  // finds its memory
  const double streamed_ms = median_ms(1, stream);
  const auto d = problem.rows.columns();
  const double floor_ms = 1e3 * static_cast<double>(n) * static_cast<double>(d) * 4.0 / rates.device;
  fmt::print("{}\t{}\t{}\t{}\t{:.2f}\t{:.3f}\t{:.3f}\t{:.1f}\t{:.2f}\t{:.3f}\n", screen, n, d, problem.centroids.rows(),
             full.first_ms, full.later_ms, fit.later_ms, 100.0 * floor_ms / full.later_ms, streamed_ms,
             100.0 * static_cast<double>(full.reference_rows) / static_cast<double>(n));
}

/// The median of passes over `n` rows whose centroids stand still.
double standing_ms(Backend& backend, std::int64_t n, const Problem& problem) {
  const auto series = backend.nearest_series(n);
  const auto again = [&](int) {
    static_cast<void>(sweep(*series->next({problem.centroids.view(), &problem.units}), n, problem));
  };
  for (int i = 0; i < 3; ++i) again(i);  // centroids that stand still are not expected: nothing is done ahead any more
  return median_ms(kRepeats, again);
}

/// The same shape with two values a column, and with rows as centroids: ties everywhere.
Problem make_binary(Problem problem) {
  AwkwardRandom random(8);
  for (float& value : std::span(problem.rows.data(), static_cast<std::size_t>(problem.rows.rows() * problem.rows.columns()))) {
    value = random.uniform() < 0.5 ? 0.0F : 1.0F;
  }
  for (std::int64_t c = 0; c < problem.centroids.rows(); ++c)
    std::ranges::copy(problem.rows.row(c), problem.centroids.row(c).begin());
  return problem;
}

/// A pass on its own with all row outputs, which leave their chunk behind.
double scores_ms(Backend& backend, std::int64_t n, const Problem& problem) {
  const auto room = static_cast<std::size_t>(kChunkRows);
  std::vector<std::int32_t> segment(room), runner_up(room);
  std::vector<double> distance2(room), runner_up_distance2(room);
  const auto score = [&](int) {
    const auto pass = backend.nearest({.centroids = problem.centroids.view(), .statistics = false});
    for (std::int64_t first = 0; first < n; first += kChunkRows) {
      pass->consume({first, problem.rows.view(), {}, {}}, {segment, distance2, runner_up, runner_up_distance2});
    }
    static_cast<void>(pass->finish());
  };
  score(0);  // finds its memory
  return median_ms(1, score);
}

/// Passes over rows of which each lacks every eighth feature.
double gaps_ms(Backend& backend, std::int64_t n, const Problem& problem) {
  Matrix<float> rows = problem.rows;
  const std::int64_t d = rows.columns();
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    for (std::int64_t j = i % 8; j < d; j += 8) rows(i, j) = std::numeric_limits<float>::quiet_NaN();
  }
  const std::vector<std::uint8_t> flags(static_cast<std::size_t>(rows.rows()), kFlagIncomplete);
  const std::vector<std::uint8_t> columns(static_cast<std::size_t>(d), 1);
  const auto series = backend.nearest_series(n);
  const auto sweep = [&](int) {
    const auto pass = series->next({problem.centroids.view(), &problem.units, true, false, columns});
    for (std::int64_t first = 0; first < n; first += kChunkRows) pass->consume({first, rows.view(), {}, flags}, {});
    static_cast<void>(pass->finish());
  };
  sweep(0);
  return median_ms(kRepeats, sweep);
}

Mixture make_mixture(const Problem& problem, Covariance covariance) {
  const std::int64_t k = problem.centroids.rows();
  const std::int64_t d = problem.centroids.columns();
  Mixture mixture;
  mixture.covariance = covariance;
  mixture.center.assign(static_cast<std::size_t>(d), 0.0);
  mixture.weights.assign(static_cast<std::size_t>(k), 1.0 / static_cast<double>(k));
  mixture.means = Matrix<double>(k, d);
  std::copy_n(problem.centroids.data(), k * d, mixture.means.data());
  const bool full = covariance == Covariance::full;
  mixture.covariances = Matrix<double>(full ? k * d : k, d, full ? 0.25 : 1.0);
  for (std::int64_t i = 0; full && i < k * d; ++i) mixture.covariances(i, i % d) = 1.0;
  return mixture;
}

void measure_mixture(Backend& backend, std::int64_t n, const Problem& problem, Covariance covariance) {
  const auto d = static_cast<double>(problem.rows.columns());
  const auto k = static_cast<double>(problem.centroids.rows());
  const Mixture mixture = make_mixture(problem, covariance);
  const bool full = covariance == Covariance::full;
  const auto series = backend.mixture_series(n);
  const auto sweep = [&](int) {
    const auto pass =
        series->next({.mixture = &mixture, .second = full ? SecondMoments::covariances : SecondMoments::variances});
    for (std::int64_t first = 0; first < n; first += kChunkRows) {
      pass->consume({.first_row = first, .rows = problem.rows.view().slice(0, std::min(kChunkRows, n - first))}, {});
    }
    static_cast<void>(pass->finish());
  };
  const double first_ms = median_ms(1, sweep);
  const double later_ms = median_ms(kRepeats, sweep);
  const double fused = full ? d * (d + 1.0) + 3.0 * d : 4.0 * d;  // of a row and a component: whitening, squares, sums
  fmt::print("{}\t{}\t{}\t{}\t{:.2f}\t{:.3f}\t{:.2f}\n", to_string(covariance), n, d, k, first_ms, later_ms,
             2e-9 * static_cast<double>(n) * k * fused / later_ms);
}

void measure_moments(Backend& backend, const CopyRates& rates, std::int64_t n, std::int64_t d) {
  const Problem problem = make_problem(d, 1);
  MomentsTask task{.pairs = true, .may_miss = std::vector<std::uint8_t>(static_cast<std::size_t>(d))};
  for (int j = 0; j < d; ++j) {
    task.columns.push_back(j);
    task.pivots.push_back(0.0);
  }
  std::vector<AnalysisBlock> blocks;
  for (std::int64_t first = 0; first < kChunkRows / kAnalysisBlockRows * kAnalysisBlockRows; first += kAnalysisBlockRows) {
    AnalysisBlock& block = blocks.emplace_back();
    block.first_row = first;
    block.rows = kAnalysisBlockRows;
    block.number_rows = problem.rows.view().row(first).data();
    block.number_stride = d;
  }
  const auto rounds = n / kChunkRows;
  const double pass_ms = median_ms(kRepeats, [&](int) {
    const auto pass = backend.moments(task);
    for (std::int64_t round = 0; round < rounds; ++round) pass->consume(blocks);
    static_cast<void>(pass->finish());
  });
  const double rows = static_cast<double>(rounds * std::ssize(blocks) * kAnalysisBlockRows);
  fmt::print("{:.0f}\t{}\t{:.2f}\t{:.1f}\n", rows, d, pass_ms,
             100.0 * 1e3 * rows * static_cast<double>(d) * 4.0 / rates.host / pass_ms);
}

int run(std::int64_t largest_rows) {
  SilentObserver observer;
  const CancelToken cancel;
  ThreadPool threads(8);
  const auto open = [&](const char* screen, const char* skip) {
    ::setenv("TESSERA_CUDA_SCREEN", screen, 1);
    ::setenv("TESSERA_CUDA_SKIP", skip, 1);
    return open_backend({.device = "cuda"}, {observer, cancel, threads});
  };
  const Backends tensor{open("tensor", "off"), open("tensor", "on")};
  const Backends float32{open("float32", "off"), open("float32", "on")};
  Backend& backend = *tensor.full;
  const CopyRates rates = measure_copies();
  fmt::print("# {}\n# copy rate: {:.0f} GB/s on the device (read and written), {:.1f} GB/s from pinned memory\n",
             backend.description(), rates.device * 1e-9, rates.host * 1e-9);
  fmt::print("screen\tn\td\tk\tfirst_ms\tfull_ms\tfit_ms\tfloor_%\tstreamed_ms\treference_%\n");
  const auto compare = [&](std::int64_t d, std::int64_t k, std::int64_t most_rows) {
    const Problem problem = make_problem(d, k);
    for (std::int64_t n = kChunkRows; n <= most_rows; n *= 10) {
      measure("tensor", tensor, rates, n, problem);
      measure("float32", float32, rates, n, problem);
    }
  };
  for (const std::int64_t d : {16, 32, 64, 128}) {
    for (const std::int64_t k : {8, 64, 256, 1024}) compare(d, k, largest_rows);
  }
  for (const std::int64_t d : {256, 784}) {
    for (const std::int64_t k : {8, 64, 256}) compare(d, k, largest_rows / 10);
  }
  fmt::print("# scores, and rows with gaps\nn\td\tk\tscores_ms\tgaps_ms\n");
  for (const auto& [d, k] : {std::pair<std::int64_t, std::int64_t>{16, 8}, {64, 64}, {64, 1024}}) {
    const Problem problem = make_problem(d, k);
    for (std::int64_t n = kChunkRows; n <= largest_rows; n *= 10) {
      fmt::print("{}\t{}\t{}\t{:.2f}\t{:.3f}\n", n, d, k, scores_ms(backend, n, problem), gaps_ms(backend, n, problem));
    }
  }
  fmt::print("# duplicates: 20 columns of two values, rows as centroids, beside blobs\nn\tk\tblobs_ms\tbinary_ms\tratio\n");
  const Problem blobs = make_problem(20, 64);
  const Problem binary = make_binary(blobs);
  for (std::int64_t n = kChunkRows; n <= largest_rows; n *= 10) {
    const double plain = standing_ms(backend, n, blobs), ties = standing_ms(backend, n, binary);
    fmt::print("{}\t64\t{:.3f}\t{:.3f}\t{:.1f}\n", n, plain, ties, ties / plain);
  }
  fmt::print("# expectation steps\ncovariance\tn\td\tk\tfirst_ms\tlater_ms\tTflop/s\n");
  for (const auto& [d, k] : {std::pair<std::int64_t, std::int64_t>{16, 8}, {32, 16}, {64, 32}}) {
    const Problem problem = make_problem(d, k);
    for (const Covariance covariance : {Covariance::diag, Covariance::full}) {
      for (std::int64_t n = kChunkRows; n <= largest_rows; n *= 10) measure_mixture(backend, n, problem, covariance);
    }
  }
  fmt::print("# moments\nn\td\tms\tbus_%\n");
  for (const std::int64_t d : {16, 64, 128}) {
    for (std::int64_t n = kChunkRows; n <= largest_rows; n *= 10) measure_moments(backend, rates, n, d);
  }
  return 0;
}

}  // namespace
}  // namespace tessera::testing

int main(int argc, char** argv) {
  try {
    return tessera::testing::run(argc > 1 ? std::atoll(argv[1]) : 10000000);
  } catch (const tessera::Error& error) {
    fmt::print(stderr, "gpu_bench: {}\n  -> {}\n", error.what(), error.advice());
    return static_cast<int>(error.code());
  }
}
