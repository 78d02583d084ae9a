// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/workspace.hpp"

#include <algorithm>
#include <utility>

#include "backend/cuda/workspace_pool.hpp"
#include "exact/grid.hpp"
#include "kernels/accumulate.hpp"
#include "kernels/decide.hpp"
#include "kernels/objective.hpp"

namespace tessera::cuda {
namespace {

static_assert(kernels::kRejectedRow == kFlagRejected && kernels::kIncompleteRow == kFlagIncomplete);

/// Blocks for `n` rows of which each takes `rows` at a time, at most `most`.
std::int32_t blocks_for(std::int64_t n, std::int64_t rows, std::int32_t most) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>((n + rows - 1) / rows, 1, most));
}

}  // namespace

Workspace::~Workspace() {
  // Work may be under way where a pass ended early: nothing may be freed below it. There is nobody to tell of errors.
  static_cast<void>(cudaSetDevice(device_.index));
  static_cast<void>(cudaStreamSynchronize(compute_.get()));
  for (const Slot& slot : slots_) static_cast<void>(cudaStreamSynchronize(slot.rows.stream.get()));
}

void Workspace::prepare(const NearestTask& task, const Frame& frame, Wanted wanted, std::int64_t chunk_rows, bool series) {
  task_ = task;
  wanted_ = wanted;
  reserve_in_slabs(
      [&](int halvings) {
        plan_ = plan_nearest(task.centroids.columns, task.centroids.rows, device_.limits, chunk_rows, halvings, task.gaps());
        reserve(series);
        upload_task(frame);
      },
      [&] { return can_halve(plan_); }, [&] { release(); });
}

void Workspace::reserve(bool series) {
  const std::int64_t d = task_.centroids.columns;
  for (Slot& slot : slots_) {
    const bool longest = series && &slot == &slots_.front();  // slabs whose results stay on the device use one slot
    const std::int64_t rows = longest ? plan_.slab_rows : plan_.stage_rows;
    slot.rows.reserve(plan_.stage_rows, d);
    slot.label.reserve(rows);
    if (wanted_.distance) slot.distance2.reserve(rows);
    if (wanted_.second) {
      slot.second.reserve(rows);
      slot.second_distance2.reserve(rows);
    }
  }
  if (series) unsettled_.reserve(plan_.slab_rows);
  open_[0].reserve(plan_.slab_rows);
  if (plan_.tensor.steps > 0) open_[1].reserve(plan_.slab_rows);
  if (task_.gaps()) gaps_.reserve(plan_.slab_rows);
  counters_.reserve(1);
  if (!task_.statistics) return;
  sums_.reserve(plan_.cells);
  gap_halves_.reserve(2 * plan_.gap_cells);
  totals_.reserve(plan_.total_cells());
}

void Workspace::release() {
  for (Slot& slot : slots_) {
    slot.rows.release();
    for (auto* buffer : {&slot.label, &slot.second}) buffer->release();
    for (auto* buffer : {&slot.distance2, &slot.second_distance2}) buffer->release();
  }
  unsettled_.release();
  for (auto& list : open_) list.release();
  gaps_.release();
  sums_.release();
  gap_halves_.release();
  totals_.release();
}

void Workspace::upload_task(const Frame& frame) {
  const cudaStream_t stream = compute_.get();
  const Counters counters;
  std::vector<double> inverse;
  const SendingScope sending(compute_);
  counters_.upload({&counters, 1}, stream);
  if (task_.gaps()) {
    columns_.upload(task_.columns, stream);
    column_count_ = static_cast<std::int32_t>(std::ranges::count(task_.columns, 1));
  }
  if (task_.units != nullptr) {
    for (const int exponent : task_.units->feature_exponent) inverse.push_back(exact::make_grid(exponent).inverse);
    inverse_.upload(inverse, stream);
    feature_exponent_.upload(task_.units->feature_exponent, stream);
    weight_exponent_ = task_.units->weight_exponent;
    weight_inverse_ = exact::make_grid(task_.units->weight_exponent).inverse;
    objective_inverse_ = exact::make_grid(task_.units->objective_exponent).inverse;
  }
  centroids_.upload(task_.centroids, frame, plan_, compute_);  // waits, for the others too
  if (!task_.statistics) return;
  sums_.fill_bytes(0, plan_.cells, stream);
  gap_halves_.fill_bytes(0, 2 * plan_.gap_cells, stream);
  totals_.fill_bytes(0, plan_.total_cells(), stream);
}

void Workspace::mark_gaps(const kernels::Slab& slab, std::uint8_t* flags) {
  check(kernels::launch_mark_gaps({slab.rows, flags, slab.n, slab.d}, compute_.get()), "launch of mark gaps");
}

std::int32_t* Workspace::count(Listed list) const { return &counters_.data()->listed_rows[static_cast<std::size_t>(list)]; }

/// The rows of a slab that the pass has to look at.
kernels::ListedRows Workspace::list_rows(const kernels::Slab& slab, const KeptRows& kept) const {
  if (kept.slack == nullptr || !kept.may_settle || wanted_.distance) return {};
  const kernels::RowList unsettled{unsettled_.data(), count(Listed::unsettled)};
  std::int64_t* all = &counters_.data()->rows.unsettled;
  check(kernels::launch_list_unsettled({slab, kept.label, kept.slack, kept.drift->upper(), unsettled, all}, compute_.get()),
        "launch of list unsettled");
  return unsettled.listed();
}

/// A list that so many more stages will follow.
kernels::OpenRows Workspace::open_rows(Listed list, std::size_t stages) const {
  return {open_[stages % open_.size()].data(), count(list)};
}

/// How the rows that a screen left open are decided.
kernels::DecideArguments Workspace::decision(const kernels::ScreenArguments& screened) const {
  return {screened.slab,    screened.centroids,     screened.open,
          screened.results, wanted_.second ? 2 : 1, &counters_.data()->rows.reference};
}

/// Labels the rows that screens certify; the others go to the lists of open rows and of those with gaps.
void Workspace::screen(kernels::ScreenArguments screen) const {
  const cudaStream_t stream = compute_.get();
  if (plan_.tensor.steps > 0 && !wanted_.second) {
    const kernels::OpenRows open = std::exchange(screen.open, open_rows(Listed::doubtful, 2));
    kernels::TensorScreenArguments on_tensors = centroids_.tensor_screen(screen);
    check(kernels::launch_tensor_screen(on_tensors, plan_.most_blocks, stream), "launch of tensor screen");
    on_tensors.screen.list = screen.open.listed();
    const kernels::OpenRows crowded = open_rows(Listed::crowded, 1);
    check(kernels::launch_tensor_decide({on_tensors, decision(screen), crowded}, plan_.most_blocks, stream),
          "launch of tensor decide");
    screen.list = crowded.listed();
    screen.open = open;
  }
  check(kernels::launch_screen(screen, wanted_.second, plan_.most_blocks, stream), "launch of screen");
}

void Workspace::run(const kernels::Slab& slab, const Slot& slot, const KeptRows& kept, Int128* totals,
                    const kernels::HostResults& host) {
  const cudaStream_t stream = compute_.get();
  const kernels::ListedRows list = list_rows(slab, kept);
  const bool has_gaps = task_.gaps() && slab.flags != nullptr;
  const kernels::RowList gaps{has_gaps ? gaps_.data() : nullptr, count(Listed::gaps)};
  const kernels::KeptSlack slack{kept.slack, kept.slack != nullptr ? kept.drift->lower() : nullptr};
  const kernels::RowResults results{.label = slot.label.data(),
                                    .distance2 = wanted_.distance ? slot.distance2.data() : nullptr,
                                    .second = wanted_.second ? slot.second.data() : nullptr,
                                    .second_distance2 = wanted_.second ? slot.second_distance2.data() : nullptr,
                                    .kept = slack};
  const kernels::ScreenArguments screened{.slab = slab,
                                          .centroids = centroids_.view(),
                                          .list = list,
                                          .open = open_rows(Listed::open, 0),
                                          .gaps = gaps,
                                          .results = results};
  screen(screened);
  check(kernels::launch_decide(decision(screened), plan_.most_blocks, stream), "launch of decide");
  if (has_gaps) {
    check(kernels::launch_label_gaps(
              {slab, centroids_.view().centroids, columns_.data(), centroids_.view().k, column_count_, gaps, results},
              plan_.most_blocks, stream),
          "launch of label gaps");
  }
  if (wanted_.distance) {
    check(kernels::launch_measure({slab, centroids_.view().centroids, results}, stream), "launch of measure");
  }
  if (task_.objective) {
    check(kernels::launch_objective({slab, results.label, results.distance2, objective_inverse_, counters_.data()->halves,
                                     &counters_.data()->bad_row},
                                    blocks_for(slab.n, kernels::kObjectiveThreads, plan_.most_blocks), stream),
          "launch of objective");
  }
  accumulate(slab, list, results.label, kept.label, totals, host);
}

void Workspace::retire(const kernels::Slab& slab, const KeptRows& kept, Int128* totals) {
  accumulate(slab, {}, nullptr, kept.label, totals, {});
}

void Workspace::advance(DeviceDrift& drift) const {
  if (device_.limits.skips_settled_rows)
    drift.advance(centroids_.view(), static_cast<std::int32_t>(task_.centroids.columns), compute_.get());
}

void Workspace::become_iteration() {
  task_.objective = false;
  wanted_ = {};
}

void Workspace::begin_iteration(const Int128* totals, DeviceDrift& drift, float* host_centroids) {
  const cudaStream_t stream = compute_.get();
  const bool skips = device_.limits.skips_settled_rows;
  kernels::DriftArguments moves;
  if (skips) moves = drift.moves_to(centroids_.view(), static_cast<std::int32_t>(task_.centroids.columns));
  centroids_.advance({.totals = totals,
                      .feature_exponent = feature_exponent_.data(),
                      .weight_exponent = weight_exponent_,
                      .host_centroids = host_centroids,
                      .rows = &counters_.data()->rows},
                     moves, stream);
  if (skips) drift.add(moves, stream);
}

/// Adds what the listed rows moved.
void Workspace::accumulate(const kernels::Slab& slab, const kernels::ListedRows& list, const std::int32_t* label,
                           std::int32_t* previous, Int128* totals, const kernels::HostResults& host) {
  const cudaStream_t stream = compute_.get();
  kernels::FoldArguments fold{.objective = task_.objective, .counters = counters_.data(), .host = host};
  if (task_.statistics) {
    const kernels::AccumulateArguments sums{.slab = slab,
                                            .list = list,
                                            .label = label,
                                            .previous = previous,
                                            .inverse = inverse_.data(),
                                            .weight_inverse = weight_inverse_,
                                            .k = centroids_.view().k,
                                            .groups = plan_.groups,
                                            .sums = sums_.data(),
                                            .columns = task_.gaps() ? columns_.data() : nullptr,
                                            .gap_halves = gap_halves_.data()};
    const std::int32_t blocks = blocks_for(slab.n, kernels::kTileRows, plan_.most_blocks);
    if (sums.columns != nullptr && slab.flags != nullptr) {
      check(kernels::launch_accumulate_gaps(sums, blocks, stream), "launch of accumulate gaps");
    }
    check(kernels::launch_accumulate(sums, plan_.shared_sum_bytes, blocks, stream), "launch of accumulate");
    fold.sums = sums_.data();
    fold.cells = plan_.cells;
    fold.gap_halves = gap_halves_.data();
    fold.gap_cells = plan_.gap_cells;
    fold.totals = totals;
  }
  check(kernels::launch_fold(fold, stream), "launch of fold");
}

void Workspace::wait() const {
  compute_.wait();
  for (const Slot& slot : slots_) slot.rows.stream.wait();
}

Counters Workspace::counters() const { return counters_.download(1, compute_.get()).front(); }

}  // namespace tessera::cuda
