// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "backend/cuda/framed_centroids.hpp"
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
        plan_(cuda::plan_nearest(task.centroids.columns, task.centroids.rows, options.limits, 1, 0, task.gaps())),
        frame_(cuda::frame_around(task.centroids)),
        framed_(task.centroids, frame_, plan_.tile),
        sums_(static_cast<std::size_t>(plan_.cells)),
        gap_halves_(static_cast<std::size_t>(2 * plan_.gap_cells)),
        totals_(static_cast<std::size_t>(plan_.total_cells())) {
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
    rows_.assign(chunk.rows.data, chunk.rows.data + chunk.rows.rows * chunk.rows.columns);
    rows_.resize(rows_.size() + kernels::kSpareFeatures, std::numeric_limits<float>::quiet_NaN());
    flags_.assign(chunk.flags.begin(), chunk.flags.end());
    const kernels::Slab slab{rows_.data(),
                             chunk.weights.empty() ? nullptr : chunk.weights.data(),
                             chunk.flags.empty() ? nullptr : flags_.data(),
                             chunk.first_row,
                             static_cast<std::int32_t>(n),
                             static_cast<std::int32_t>(chunk.rows.columns)};
    slack_.assign(n, std::numeric_limits<float>::quiet_NaN());
    const std::vector<float> drift(static_cast<std::size_t>(task_.centroids.rows));
    const kernels::RowResults results{.label = label_.data(),
                                      .distance2 = distance2_.data(),
                                      .second = pair ? second_.data() : nullptr,
                                      .second_distance2 = pair ? second_distance2_.data() : nullptr,
                                      .kept = {slack_.data(), drift.data()}};
    const kernels::OpenRows open{open_.data(), &count};
    std::vector<std::int32_t> gap_list(n);
    std::int32_t gap_count = 0;
    const bool has_gaps = task_.gaps() && slab.flags != nullptr;
    const kernels::RowList gaps{has_gaps ? gap_list.data() : nullptr, &gap_count};
    if (has_gaps) run_mark_gaps({slab.rows, flags_.data(), slab.n, slab.d});
    screen(slab, open, gaps, results, pair);
    open_rows_ += count;
    run_decide(
        decision({.slab = slab, .centroids = centroids(), .list = {}, .open = open, .gaps = {}, .results = results}, pair),
        options_.backwards);
    if (has_gaps) {
      run_label_gaps({slab, task_.centroids.data, task_.columns.data(), static_cast<std::int32_t>(task_.centroids.rows),
                      static_cast<std::int32_t>(std::ranges::count(task_.columns, 1)), gaps, results},
                     options_.backwards);
    }
    run_measure({slab, task_.centroids.data, results});
    run_sums(slab, previous);
    copy(label_, outputs.segment);
    copy(distance2_, outputs.distance2);
    copy(second_, outputs.runner_up);
    copy(second_distance2_, outputs.runner_up_distance2);
  }

  [[nodiscard]] NearestStatistics finish() const {
    const std::int64_t k = task_.centroids.rows;
    const std::int64_t d = task_.centroids.columns;
    NearestStatistics found(k, d, task_.gaps());
    for (std::int64_t c = 0; c < k; ++c) {
      const Int128* totals = totals_.data() + c * (d + kernels::kExtraColumns);
      std::copy(totals, totals + d, found.sums.row(c).begin());
      found.weights[static_cast<std::size_t>(c)] = totals[d];
      found.rows[static_cast<std::size_t>(c)] = static_cast<std::int64_t>(totals[d + 1]);
    }
    const Int128* gaps = totals_.data() + plan_.cells;
    std::copy_n(gaps, found.gap_sums.rows() * d, found.gap_sums.data());
    std::copy_n(gaps + plan_.gap_cells / 2, found.gap_weights.rows() * d, found.gap_weights.data());
    found.objective = counters_.objective;
    found.reference_rows = reference_rows_;
    return found;
  }

  /// Least id of a row beyond the objective's range, or -1.
  [[nodiscard]] std::int64_t bad_row() const {
    return counters_.bad_row == kernels::Counters().bad_row ? -1 : counters_.bad_row;
  }
  /// Rows that the screen on matrix units left open.
  [[nodiscard]] std::int64_t doubtful_rows() const { return doubtful_rows_; }
  /// Rows that the second look there left open.
  [[nodiscard]] std::int64_t crowded_rows() const { return crowded_rows_; }
  /// Rows that the screen in float32 left open.
  [[nodiscard]] std::int64_t open_rows() const { return open_rows_; }
  /// [n] what the last chunk's rows keep in a series' first pass.
  [[nodiscard]] const std::vector<float>& slack() const { return slack_; }
  [[nodiscard]] std::vector<Int128>& totals() { return totals_; }
  [[nodiscard]] const cuda::NearestPlan& plan() const { return plan_; }

 private:
  template <typename T>
  static void copy(const std::vector<T>& from, std::span<T> to) {
    if (!to.empty()) std::copy(from.begin(), from.end(), to.begin());
  }
  [[nodiscard]] kernels::Centroids centroids() const {
    const ScreenCentroids& screen = framed_.screen();
    return {.frame = {frame_.offset.data(), frame_.scale},
            .packed = screen.packed.data(),
            .start = screen.packed_start.data(),
            .block_norm = screen.block_norm.data(),
            .largest_norm = &screen.largest_norm,
            .place_centroid = screen.place_centroid.data(),
            .centroids = task_.centroids.data,
            .k = static_cast<std::int32_t>(screen.segments()),
            .blocks = static_cast<std::int32_t>(screen.blocks()),
            .tile = plan_.tile,
            .bound = screen.bound};
  }
  [[nodiscard]] kernels::DecideArguments decision(const kernels::ScreenArguments& screened, bool pair) {
    return {screened.slab, screened.centroids, screened.open, screened.results, pair ? 2 : 1, &reference_rows_};
  }
  void screen(const kernels::Slab& slab, const kernels::OpenRows& open, const kernels::RowList& gaps,
              const kernels::RowResults& results, bool pair) {
    kernels::ScreenArguments arguments{
        .slab = slab, .centroids = centroids(), .list = {}, .open = open, .gaps = gaps, .results = results};
    std::int32_t doubtful = 0;
    std::int32_t crowded = 0;
    std::vector<kernels::OpenRow> list, crowded_list;
    if (plan_.tensor.steps > 0 && !pair) {
      list.resize(static_cast<std::size_t>(slab.n));
      arguments.open = {list.data(), &doubtful};
      const std::vector<std::uint32_t> tiles = framed_.tensor_tiles(plan_.tensor.steps);
      run_tensor_screen({arguments, tiles.data(), plan_.tensor}, options_.backwards);
      arguments.list = arguments.open.listed();
      crowded_list.resize(list.size());
      const kernels::OpenRows left{crowded_list.data(), &crowded};
      run_tensor_decide({{arguments, tiles.data(), plan_.tensor}, decision(arguments, pair), left}, options_.backwards);
      arguments.list = left.listed();
      arguments.open = open;
      doubtful_rows_ += doubtful;
      crowded_rows_ += crowded;
    }
    run_screen(arguments, pair, options_.backwards);
  }
  void run_sums(const kernels::Slab& slab, std::span<std::int32_t> previous) {
    const kernels::AccumulateArguments sums{.slab = slab,
                                            .list = {},
                                            .label = label_.data(),
                                            .previous = previous.empty() ? nullptr : previous.data(),
                                            .inverse = inverse_.data(),
                                            .weight_inverse = exact::make_grid(task_.units->weight_exponent).inverse,
                                            .k = static_cast<std::int32_t>(task_.centroids.rows),
                                            .groups = plan_.groups,
                                            .sums = sums_.data(),
                                            .columns = task_.gaps() ? task_.columns.data() : nullptr,
                                            .gap_halves = gap_halves_.data()};
    if (task_.gaps()) run_accumulate_gaps(sums, options_.blocks, options_.backwards);
    run_accumulate(sums, plan_.shared_sum_bytes, options_.blocks, options_.backwards);
    const kernels::FoldArguments fold{.sums = sums_.data(),
                                      .cells = plan_.cells,
                                      .gap_halves = gap_halves_.data(),
                                      .gap_cells = plan_.gap_cells,
                                      .totals = totals_.data(),
                                      .objective = task_.objective,
                                      .counters = &counters_};
    if (task_.objective) {
      const double inverse = exact::make_grid(task_.units->objective_exponent).inverse;
      run_objective({slab, label_.data(), distance2_.data(), inverse, counters_.halves, &counters_.bad_row}, options_.blocks,
                    options_.backwards);
    }
    run_fold(fold);
  }

  NearestTask task_;
  Options options_;
  cuda::NearestPlan plan_;
  cuda::Frame frame_;
  cuda::FramedCentroids framed_;
  std::vector<double> inverse_;
  std::vector<std::int64_t> sums_, gap_halves_;
  std::vector<Int128> totals_;
  kernels::Counters counters_;
  std::int64_t reference_rows_ = 0;
  std::int64_t doubtful_rows_ = 0;
  std::int64_t crowded_rows_ = 0;
  std::int64_t open_rows_ = 0;
  std::vector<float> rows_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::int32_t> label_, second_;
  std::vector<double> distance2_, second_distance2_;
  std::vector<float> slack_;
  std::vector<kernels::OpenRow> open_;
};

}  // namespace tessera::testing
