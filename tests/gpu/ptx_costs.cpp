// SPDX-License-Identifier: Apache-2.0
// What a settled pass takes of a GPU, counted by running the kernels' PTX, for each row; no time is measured.
//   ptx_costs [PASS [LINES [ROWS]]]    PASS: part of a name; LINES: so many of the dearest instructions of each kernel
// issues: instructions that a warp issues, before the driver's compiler has worked on them; products: those of matrix units;
// bytes: sectors of device memory asked for, found in a cache or not, and the least that would hold what was asked for; turns:
// of shared memory's banks, and the least; atomics.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gpu/gpu_test.hpp"
#include "gpu/ptx_launchers.hpp"
#include "support/awkward_cases.hpp"
#include "support/backend_run.hpp"
#include "support/mixture_cases.hpp"
#include "support/moments_cases.hpp"
#include "support/tally_cases.hpp"

namespace tessera::testing {
namespace {

void print_costs(const std::string& pass, std::int64_t lines, std::int64_t n) {
  fmt::print("\n## {}\n", pass);
  for (const auto& entry : counted_costs()) {
    const KernelCosts& counted = entry.second;
    ptx::Cost all;
    std::int64_t products = 0, atomics = 0;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < counted.costs.size(); ++i) {
      all += counted.costs[i];
      if (counted.kernel->opcodes[i].starts_with("mma.")) products += counted.costs[i].issues;
      if (counted.kernel->opcodes[i].starts_with("atom.")) atomics += counted.costs[i].issues;
      order.push_back(i);
    }
    const auto each = [n](std::int64_t count) { return static_cast<double>(count) / static_cast<double>(n); };
    fmt::print("{}\t{}\t{:.2f}\t{:.3f}\t{:.1f}\t{:.1f}\t{:.3f}\t{:.3f}\t{:.4f}\n", entry.first, counted.launches,
               each(all.issues), each(products), 32 * each(all.sectors), 32 * each(all.least_sectors), each(all.wavefronts),
               each(all.least_wavefronts), each(atomics));
    const auto weight = [&](std::size_t i) {
      const ptx::Cost& cost = counted.costs[i];
      return cost.issues + cost.sectors + cost.wavefronts;
    };
    std::ranges::sort(order, std::ranges::greater(), weight);
    for (std::size_t i = 0; i < std::min(order.size(), static_cast<std::size_t>(lines)); ++i) {
      const ptx::Cost& cost = counted.costs[order[i]];
      fmt::print("  line {} {}\t{:.3f}\tbytes {:.1f} of {:.1f}\tturns {:.4f} of {:.4f}\n", counted.kernel->code[order[i]].line,
                 counted.kernel->opcodes[order[i]], each(cost.issues), 32 * each(cost.sectors), 32 * each(cost.least_sectors),
                 each(cost.wavefronts), each(cost.least_wavefronts));
    }
  }
}

AwkwardCase make_blobs(std::int64_t n, std::int64_t d, std::int64_t k) {
  AwkwardRandom random(7);
  Matrix<float> centres(k, d);
  for (std::int64_t c = 0; c < k; ++c) {
    for (float& value : centres.row(c)) value = static_cast<float>(random.bell());
  }
  AwkwardCase made = make_case("blobs", n, d, k, 0.0, random, [&](std::int64_t i, std::int64_t j) {
    return static_cast<double>(centres(i % k, j)) + 3.4 * (random.uniform() - 0.5);
  });
  made.centroids = std::move(centres);
  return made;
}

/// Rows without any structure, and the means of those that are nearest to k of them.
AwkwardCase make_unstructured(std::int64_t n, std::int64_t d, std::int64_t k) {
  AwkwardRandom random(7);
  AwkwardCase made = make_case("unstructured", n, d, k, 0.0, random, [&](std::int64_t, std::int64_t) { return random.bell(); });
  Matrix<float> centroids(k, d);
  for (std::int64_t c = 0; c < k; ++c) std::ranges::copy(made.rows.row(c), centroids.row(c).begin());
  for (int iteration = 0; iteration < 3; ++iteration) {
    Matrix<double> sums(k, d + 1);
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t best = 0;
      double least = INFINITY;
      for (std::int64_t c = 0; c < k; ++c) {
        double distance2 = 0.0;
        for (std::int64_t j = 0; j < d; ++j) {
          const double difference = static_cast<double>(made.rows(i, j)) - static_cast<double>(centroids(c, j));
          distance2 += difference * difference;
        }
        if (distance2 < least) least = distance2, best = c;
      }
      for (std::int64_t j = 0; j < d; ++j) sums(best, j) += static_cast<double>(made.rows(i, j));
      sums(best, d) += 1.0;
    }
    for (std::int64_t c = 0; c < k; ++c) {
      for (std::int64_t j = 0; j < d; ++j) centroids(c, j) = static_cast<float>(sums(c, j) / sums(c, d));
    }
  }
  made.centroids = std::move(centroids);
  return made;
}

/// Passes of a series whose centroids stand still.
std::function<void()> settled(Backend& backend, const AwkwardCase& made) {
  const std::shared_ptr<NearestSeries> series = backend.nearest_series(made.rows.rows());
  return [&made, series] {
    const auto pass = series->next({made.centroids.view(), &made.units, true, false, made.columns});
    pass->consume({0, made.rows.view(), made.weights, made.flags}, {});
    static_cast<void>(pass->finish());
  };
}

int measure_all(const std::string& wanted, std::int64_t lines, std::int64_t n) {
  ThreadPool threads(1);
  const auto measure = [&](const std::string& name, const char* screen, const auto& make, const char* skip = "off") {
    if (name.find(wanted) == std::string::npos) return;
    ::setenv("TESSERA_CUDA_SCREEN", screen, 1);
    ::setenv("TESSERA_CUDA_SKIP", skip, 1);
    const auto backend = open_gpu(threads);
    const auto pass = make(*backend);
    for (int i = 0; i < 3; ++i) pass();
    count_costs();
    pass();
    print_costs(name, lines, n);
  };
  fmt::print("# {} rows\nkernel\tlaunches\tissues\tproducts\tbytes\tleast\tturns\tleast\tatomics\n", n);
  for (const auto& [d, k] :
       {std::pair<std::int64_t, std::int64_t>{16, 8}, {32, 64}, {64, 256}, {128, 64}, {256, 64}, {784, 64}}) {
    const AwkwardCase made = make_blobs(n, d, k);
    const std::string shape = fmt::format("d {} k {}", d, k);
    const auto make = [&](Backend& backend) { return settled(backend, made); };
    measure("tensor " + shape, "tensor", make);
    measure("float32 " + shape, "float32", make);
    measure("settled " + shape, "tensor", make, "on");
    measure("scores " + shape, "tensor",
            [&](Backend& backend) { return [&] { static_cast<void>(run_backend(backend, made, n)); }; });
    const AwkwardCase unstructured = make_unstructured(n, d, k);
    measure("unstructured " + shape, "tensor", [&](Backend& backend) { return settled(backend, unstructured); });
    AwkwardCase gaps = made;
    AwkwardRandom random(8);
    make_gaps(gaps, 0.125, 1, random);
    measure("gaps " + shape, "tensor", [&](Backend& backend) { return settled(backend, gaps); });
  }
  for (const Covariance covariance : {Covariance::diag, Covariance::full}) {
    const std::int64_t d = 16, k = 8;
    const Rows rows = make_rows(n, d, 3);
    const Mixture mixture = make_mixture(covariance, k, d, 4);
    const bool full = covariance == Covariance::full;
    measure(full ? "mixture full d 16 k 8" : "mixture diag d 16 k 8", "tensor", [&](Backend& backend) {
      const std::shared_ptr<MixtureSeries> series = backend.mixture_series(n);
      return [&, series] {
        const auto second = full ? SecondMoments::covariances : SecondMoments::variances;
        static_cast<void>(run(rows, mixture, *series->next({.mixture = &mixture, .second = second}), n, false));
      };
    });
  }
  const RawRows raw = make_raw_rows(n, 9, {3, 2}, 0.1, false);
  const auto blocks = raw.blocks();
  measure("moments d 9", "tensor",
          [&](Backend& backend) { return [&] { static_cast<void>(run(blocks, *backend.moments(task_of(9, true)), 1000)); }; });
  measure("tally d 9", "tensor",
          [&](Backend& backend) { return [&] { static_cast<void>(run(blocks, *backend.tally(tally_task(9)), 1000)); }; });
  return 0;
}

}  // namespace
}  // namespace tessera::testing

int main(int argc, char** argv) {
  return tessera::testing::measure_all(argc > 1 ? argv[1] : "", argc > 2 ? std::atoll(argv[2]) : 0,
                                       argc > 3 ? std::atoll(argv[3]) : 16384);
}
