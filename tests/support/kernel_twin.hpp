// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "backend/cpu/screen_centroids.hpp"
#include "backend/cuda/launch_plan.hpp"
#include "exact/grid.hpp"
#include "support/host_kernels.hpp"
#include "tessera/backend.hpp"

namespace tessera::testing {

/// The CUDA kernels' code run on the host, block by block and thread by thread: what proves them where there is no GPU.
class KernelTwin {
 public:
  struct Options {
    bool backwards = false;          ///< order of the threads within a phase
    std::int32_t blocks = 3;         ///< grid of the kernels that stride
    cuda::DeviceLimits limits = {};  ///< of the imagined device
  };

  KernelTwin(const NearestTask& task, const Options& options)
      : task_(task),
        options_(options),
        plan_(cuda::plan_nearest(task.centroids.columns, task.centroids.rows, options.limits, 1)),
        screen_(make_screen_centroids(task.centroids, plan_.tile)),
        sums_(static_cast<std::size_t>(plan_.cells)),
        totals_(static_cast<std::size_t>(plan_.cells)) {
    for (const int exponent : task.units->feature_exponent) inverse_.push_back(exact::make_grid(exponent).inverse);
  }

  /// @param previous labels of the pass before, of which this pass takes note; empty: none
  void consume(const Chunk& chunk, const RowOutputs& outputs, std::span<std::int32_t> previous = {}) {
    const auto n = static_cast<std::size_t>(chunk.rows.rows);
    const bool pair = !outputs.runner_up.empty() || !outputs.runner_up_distance2.empty();
    label_.assign(n, -7);
    distance2_.assign(n, -7.0);
    second_.assign(n, -7);
    second_distance2_.assign(n, -7.0);
    open_.assign(n, {});
    std::int32_t count = 0;
    const kernels::Slab slab{chunk.rows.data,
                             chunk.weights.empty() ? nullptr : chunk.weights.data(),
                             chunk.flags.empty() ? nullptr : chunk.flags.data(),
                             chunk.first_row,
                             static_cast<std::int32_t>(n),
                             static_cast<std::int32_t>(chunk.rows.columns)};
    const bool list_all = pair || task_.objective || !outputs.distance2.empty();
    const kernels::RowResults results{label_.data(), distance2_.data(), pair ? second_.data() : nullptr,
                                      pair ? second_distance2_.data() : nullptr};
    const kernels::OpenRows open{open_.data(), &count};
    const kernels::ScreenArguments screen{slab, centroids(), open, results, list_all};
    run_screen(screen, pair, options_.backwards);
    run_decide({slab, centroids(), open, results, pair ? 2 : 1, &reference_rows_}, options_.blocks, options_.backwards);
    run_sums(slab, previous);
    copy(label_, outputs.segment);
    copy(distance2_, outputs.distance2);
    copy(second_, outputs.runner_up);
    copy(second_distance2_, outputs.runner_up_distance2);
  }

  [[nodiscard]] NearestStatistics finish() const {
    const std::int64_t k = task_.centroids.rows;
    const std::int64_t d = task_.centroids.columns;
    NearestStatistics found(k, d);
    for (std::int64_t c = 0; c < k; ++c) {
      const Int128* totals = totals_.data() + c * (d + kernels::kExtraColumns);
      std::copy(totals, totals + d, found.sums.row(c).begin());
      found.weights[static_cast<std::size_t>(c)] = totals[d];
      found.rows[static_cast<std::size_t>(c)] = static_cast<std::int64_t>(totals[d + 1]);
    }
    found.objective = objective_;
    found.reference_rows = reference_rows_;
    return found;
  }

  /// Least id of a row beyond the objective's range, or -1.
  [[nodiscard]] std::int64_t bad_row() const { return bad_row_ == std::numeric_limits<std::int64_t>::max() ? -1 : bad_row_; }
  [[nodiscard]] std::vector<Int128>& totals() { return totals_; }
  [[nodiscard]] const cuda::NearestPlan& plan() const { return plan_; }

 private:
  template <typename T>
  static void copy(const std::vector<T>& from, std::span<T> to) {
    if (!to.empty()) std::copy(from.begin(), from.end(), to.begin());
  }
  [[nodiscard]] kernels::Centroids centroids() const {
    return {screen_.packed.data(),
            screen_.packed_start.data(),
            screen_.block_norm.data(),
            screen_.place_centroid.data(),
            task_.centroids.data,
            static_cast<std::int32_t>(screen_.segments()),
            static_cast<std::int32_t>(screen_.blocks()),
            plan_.tile,
            screen_.largest_norm,
            screen_.bound};
  }
  void run_sums(const kernels::Slab& slab, std::span<std::int32_t> previous) {
    const kernels::AccumulateArguments sums{slab,
                                            label_.data(),
                                            previous.empty() ? nullptr : previous.data(),
                                            inverse_.data(),
                                            exact::make_grid(task_.units->weight_exponent).inverse,
                                            static_cast<std::int32_t>(task_.centroids.rows),
                                            plan_.groups,
                                            sums_.data()};
    run_accumulate(sums, plan_.shared_sum_bytes, options_.blocks, options_.backwards);
    kernels::FoldArguments fold{sums_.data(), totals_.data(), plan_.cells, nullptr, nullptr};
    std::int64_t halves[2] = {};
    if (task_.objective) {
      const double inverse = exact::make_grid(task_.units->objective_exponent).inverse;
      run_objective({slab, label_.data(), distance2_.data(), inverse, halves, &bad_row_}, options_.blocks, options_.backwards);
      fold.halves = halves;
      fold.objective = &objective_;
    }
    run_fold(fold);
  }

  NearestTask task_;
  Options options_;
  cuda::NearestPlan plan_;
  ScreenCentroids screen_;
  std::vector<double> inverse_;
  std::vector<std::int64_t> sums_;
  std::vector<Int128> totals_;
  Int128 objective_ = 0;
  std::int64_t reference_rows_ = 0;
  std::int64_t bad_row_ = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int32_t> label_, second_;
  std::vector<double> distance2_, second_distance2_;
  std::vector<kernels::OpenRow> open_;
};

}  // namespace tessera::testing
