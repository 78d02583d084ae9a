// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/nearest_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "backend/nearest_checks.hpp"
#include "exact/distance.hpp"
#include "exact/grid.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBatchBytes = std::int64_t{512} << 10;  // half of a second-level cache
constexpr std::int64_t kMostBlockRows = 16384;
constexpr std::int64_t kLeastBlockRows = 1024;

/// The part of `values` that belongs to rows [first, first + count); empty stays empty.
template <typename T>
std::span<T> part(std::span<T> values, std::int64_t first, std::int64_t count) {
  if (values.empty()) return {};
  return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

bool has_gap(std::span<const float> row) {
  int gaps = 0;
  for (const float x : row) gaps |= x == x ? 0 : 1;  // without branches: where a gap is is anybody's guess
  return gaps != 0;
}

}  // namespace

CpuNearestPass::CpuNearestPass(const NearestTask& task, const CpuLevel& level, ThreadPool& threads, SeriesMemory* memory,
                               std::int64_t thread_sum_bytes)
    : task_((check_task(task), task)),
      screen_(make_screen_centroids(task.centroids, level.tile_centroids)),
      threads_(threads),
      memory_(memory) {
  const std::int64_t k = screen_.segments();
  const std::int64_t d = screen_.features();
  if (task_.statistics) totals_.statistics = NearestStatistics(k, d, task_.gaps());
  if (task_.units != nullptr) units_.emplace(*task_.units);
  if (memory_ != nullptr) memory_->drift.advance(task.centroids);
  const std::int64_t sum_bytes = SegmentSums::bytes(k, d) + (task_.gaps() ? gap_statistics_bytes(k, d) : 0);
  shared_sums_ = task_.statistics && sum_bytes * threads_.size() > thread_sum_bytes;
  batch_rows_ = std::clamp<std::int64_t>(kBatchBytes / (d * std::int64_t{sizeof(float)}), 64, kMostBlockRows);
  thread_.resize(static_cast<std::size_t>(threads_.size()));
  for (Thread& thread : thread_) {
    thread.worker = level.make_worker(screen_);
    if (task_.statistics && !shared_sums_) thread.sums.emplace(*units_, totals_);
    const auto rows = static_cast<std::size_t>(batch_rows_);
    for (auto* values : {&thread.first, &thread.second}) values->resize(rows);
    for (auto* values : {&thread.first_distance2, &thread.second_distance2}) values->resize(rows);
    thread.slack.resize(rows);
    if (task_.gaps()) thread.factor.resize(rows);
  }
}

/// Rows of a block: enough to fill the kernels' panels when few of them are open, few enough that every thread gets some.
std::int64_t CpuNearestPass::block_rows(std::int64_t chunk_rows) const {
  constexpr std::int64_t kBlocksPerThread = 4;
  return std::clamp(chunk_rows / (kBlocksPerThread * threads_.size()), kLeastBlockRows, kMostBlockRows);
}

void CpuNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  const std::int64_t n = chunk.rows.rows;
  check_spans(chunk, outputs);
  std::span<RowState> state;
  if (memory_ != nullptr && !chunk.state.empty()) {
    memory_->started = true;
    if (chunk.state.size() != static_cast<std::size_t>(n) * sizeof(RowState)) {
      throw Error(ErrorCode::internal, "a series of passes needs the state of every row of a chunk", "please report this");
    }
    state = {reinterpret_cast<RowState*>(chunk.state.data()), static_cast<std::size_t>(n)};
  } else if (memory_ != nullptr && memory_->started && n > 0) {
    throw Error(ErrorCode::internal, "a series of passes lost the state of its rows", "please report this");
  }
  const std::int64_t rows = block_rows(n);
  const std::int64_t blocks = (n + rows - 1) / rows;
  if (shared_sums_) chunk_moves_.resize(static_cast<std::size_t>(blocks));
  threads_.run(blocks, [&](int thread, std::int64_t index) {
    const std::int64_t first = index * rows;
    const std::int64_t count = std::min(rows, n - first);
    Thread& own = thread_[static_cast<std::size_t>(thread)];
    own.moves.clear();
    process(own, {.first_row = chunk.first_row + first,
                  .rows = chunk.rows.slice(first, count),
                  .weights = part(chunk.weights, first, count),
                  .flags = part(chunk.flags, first, count),
                  .state = part(state, first, count),
                  .outputs = {part(outputs.segment, first, count), part(outputs.distance2, first, count),
                              part(outputs.runner_up, first, count), part(outputs.runner_up_distance2, first, count)}});
    if (shared_sums_) chunk_moves_[static_cast<std::size_t>(index)] = own.moves;
  });
  if (!shared_sums_) return;
  const std::int64_t shares = threads_.size();
  threads_.run(shares, [&](int, std::int64_t share) {
    const std::int64_t k = screen_.segments();
    for (std::int64_t index = 0; index < blocks; ++index) {
      const std::int64_t first = index * rows;
      const std::int64_t count = std::min(rows, n - first);
      move_shared(chunk.rows.slice(first, count), part(chunk.weights, first, count),
                  chunk_moves_[static_cast<std::size_t>(index)], k * share / shares, k * (share + 1) / shares, *units_,
                  totals_.statistics);
    }
  });
}

void CpuNearestPass::process(Thread& thread, const Block& block) {
  const RowOutputs& outputs = block.outputs;
  const bool wants_second = !outputs.runner_up.empty() || !outputs.runner_up_distance2.empty();
  const bool wants_distance = wants_second || task_.objective || !outputs.distance2.empty();
  const bool wants_rows = wants_distance || !outputs.segment.empty();
  const bool skips = !block.state.empty() && !wants_second;  // rows that their state settles
  if (!block.flags.empty()) reject_rows(outputs);
  list_rows(thread, block, !skips);
  for_each_batch(thread, thread.list, [&] {
    label(thread, block, wants_second);
    if (!skips && wants_distance) measure(thread, block, wants_second);  // says which of the two is the nearest
    settle(thread, block, false);
    if (!skips && wants_rows) publish(thread, block, false);
  });
  for_each_batch(thread, thread.gaps, [&] {
    label_gaps(thread, block);
    settle(thread, block, true);
    if (!skips && wants_rows) publish(thread, block, true);
  });
  if (skips && wants_rows) publish_settled(thread, block, wants_distance);
}

/// Outputs of all rows by what their state says.
void CpuNearestPass::publish_settled(Thread& thread, const Block& block, bool wants_distance) {
  const auto take_labels = [&] {
    std::ranges::transform(thread.batch, thread.first.begin(),
                           [&](std::int32_t row) { return block.state[static_cast<std::size_t>(row)].segment_plus - 1; });
  };
  list_rows(thread, block, true);
  for_each_batch(thread, thread.list, [&] {
    take_labels();
    if (wants_distance) measure(thread, block, false);
    publish(thread, block, false);
  });
  for_each_batch(thread, thread.gaps, [&] {
    take_labels();
    if (wants_distance) measure_gaps(thread, block);
    publish(thread, block, true);
  });
}

/// Calls `work` for one batch of the listed rows after the other, few enough that they stay in the second-level cache.
template <typename Work>
void CpuNearestPass::for_each_batch(Thread& thread, std::span<const std::int32_t> list, const Work& work) const {
  const auto most = static_cast<std::size_t>(batch_rows_);
  for (std::span<const std::int32_t> left = list; !left.empty(); left = left.subspan(thread.batch.size())) {
    thread.batch = left.first(std::min(left.size(), most));
    work();
  }
}

/// Lists the rows that are not rejected and, unless `all` are wanted, not settled by their state.
void CpuNearestPass::list_rows(Thread& thread, const Block& block, bool all) const {
  const auto m = static_cast<std::size_t>(block.rows.rows);
  if (thread.room.size() < m) thread.room.resize(m);
  thread.list = std::span(thread.room).first(m);
  thread.gaps.clear();
  if (all) {
    std::iota(thread.list.begin(), thread.list.end(), 0);
  } else {
    thread.list = thread.list.first(thread.worker->list_open(block.state, memory_->drift, thread.list));
  }
  if (block.flags.empty()) return;
  const auto rejected = std::ranges::remove_if(
      thread.list, [&](std::int32_t row) { return (block.flags[static_cast<std::size_t>(row)] & kFlagRejected) != 0; });
  thread.list = thread.list.first(thread.list.size() - rejected.size());
  if (task_.gaps()) part_gaps(thread, block);
}

/// Moves the listed rows with gaps to a list of their own.
void CpuNearestPass::part_gaps(Thread& thread, const Block& block) {
  std::size_t complete = 0;
  for (const std::int32_t row : thread.list) {
    const bool incomplete = (block.flags[static_cast<std::size_t>(row)] & kFlagIncomplete) != 0;
    if (incomplete && has_gap(block.rows.row(row))) {
      thread.gaps.push_back(row);
    } else {
      thread.list[complete++] = row;
    }
  }
  thread.list = thread.list.first(complete);
}

/// Labels the rows of the batch.
void CpuNearestPass::label(Thread& thread, const Block& block, bool wants_second) {
  const std::size_t m = thread.batch.size();
  NearestResults results{.first = std::span(thread.first).first(m), .slack = {}, .second = {}};
  if (!block.state.empty()) results.slack = std::span(thread.slack).first(m);
  if (wants_second) results.second = std::span(thread.second).first(m);
  if (screen_.segments() == 1) {
    std::ranges::fill(results.first, 0);
    std::ranges::fill(results.slack, std::numeric_limits<float>::infinity());
    std::ranges::fill(results.second, -1);
  } else {
    thread.reference_rows += thread.worker->nearest(block.rows, thread.batch, results);
  }
}

double CpuNearestPass::gap_factor(std::span<const float> x) const {
  return exact::gap_factor(exact::gap_scale(x.data(), task_.columns.data(), std::ssize(x)));
}

/// Labels and measures the rows of the batch, which have gaps.
void CpuNearestPass::label_gaps(Thread& thread, const Block& block) const {
  const std::size_t m = thread.batch.size();
  if (screen_.segments() == 1) {
    std::ranges::fill(std::span(thread.first).first(m), 0);
    std::ranges::fill(std::span(thread.second).first(m), -1);
    std::ranges::fill(std::span(thread.second_distance2).first(m), std::numeric_limits<double>::infinity());
    std::ranges::fill(std::span(thread.slack).first(m), std::numeric_limits<float>::infinity());
    measure_gaps(thread, block);
    return;
  }
  for (std::size_t i = 0; i < m; ++i) {
    thread.factor[i] = gap_factor(block.rows.row(thread.batch[i]));
  }
  thread.worker->nearest_gaps(block.rows, {.list = thread.batch,
                                           .factor = std::span(thread.factor).first(m),
                                           .first = std::span(thread.first).first(m),
                                           .second = std::span(thread.second).first(m),
                                           .first_distance2 = std::span(thread.first_distance2).first(m),
                                           .second_distance2 = std::span(thread.second_distance2).first(m)});
  // Drift is that of all features, and bounds that of the known ones: the gap between unscaled distances is what it can close.
  for (std::size_t i = 0; i < m; ++i) {
    thread.slack[i] =
        exact::slack_between(thread.first_distance2[i] / thread.factor[i], thread.second_distance2[i] / thread.factor[i]);
  }
}

/// Keeps what was learned of the rows of the batch, and carries out what that means for the sums.
void CpuNearestPass::settle(Thread& thread, const Block& block, bool gaps) {
  const std::size_t before = shared_sums_ ? thread.moves.size() : 0;
  thread.moves.resize(before + thread.batch.size());
  Move* move = thread.moves.data() + before;
  for (std::size_t i = 0; i < thread.batch.size(); ++i) {
    const std::int32_t row = thread.batch[i];
    const std::int32_t to = thread.first[i];
    std::int32_t from = -1;
    if (!block.state.empty()) {
      RowState& state = block.state[static_cast<std::size_t>(row)];
      from = state.segment_plus - 1;
      state = {memory_->drift.keep(to, thread.slack[i]), to + 1};
    }
    *move = {row, from, to};
    const bool counts = block.weights.empty() || block.weights[static_cast<std::size_t>(row)] > 0.0F;
    move += to != from && counts ? 1 : 0;
  }
  thread.moves.resize(task_.statistics ? static_cast<std::size_t>(move - thread.moves.data()) : 0);
  if (gaps && task_.statistics) {
    add_gaps(thread, block, std::span<const Move>(thread.moves).subspan(before));
    thread.moves.resize(before);
  } else if (thread.sums) {
    thread.sums->move(*thread.worker, block.rows, thread.moves, block.weights);
  }
}

void CpuNearestPass::add_gaps(Thread& thread, const Block& block, std::span<const Move> moves) {
  if (shared_sums_) {
    const std::lock_guard lock(totals_.mutex);
    move_gaps(block.rows, block.weights, moves, task_.columns, *units_, totals_.statistics);
  } else {
    if (!thread.known) thread.known = make_gap_statistics(screen_.segments(), screen_.features());
    move_gaps(block.rows, block.weights, moves, task_.columns, *units_, *thread.known);
  }
}

/// Reference distances of the rows of the batch; orders pairs that are the two nearest in either order.
void CpuNearestPass::measure(Thread& thread, const Block& block, bool wants_second) {
  const std::size_t m = thread.batch.size();
  const auto distances = [&](const std::vector<std::int32_t>& labels, std::vector<double>& distance2) {
    thread.worker->distances(block.rows, thread.batch, std::span(labels).first(m), std::span(distance2).first(m));
  };
  distances(thread.first, thread.first_distance2);
  if (!wants_second) return;
  if (screen_.segments() == 1) {
    std::ranges::fill(thread.second_distance2, std::numeric_limits<double>::infinity());
    return;
  }
  distances(thread.second, thread.second_distance2);
  for (std::size_t i = 0; i < m; ++i) {
    const double a = thread.first_distance2[i];
    const double b = thread.second_distance2[i];
    if (a < b || (a == b && thread.first[i] < thread.second[i])) continue;
    std::swap(thread.first[i], thread.second[i]);
    std::swap(thread.first_distance2[i], thread.second_distance2[i]);
  }
}

/// Partial distances of the rows of the batch to the centroids of their labels.
void CpuNearestPass::measure_gaps(Thread& thread, const Block& block) const {
  for (std::size_t i = 0; i < thread.batch.size(); ++i) {
    const std::span<const float> x = block.rows.row(thread.batch[i]);
    const double factor = gap_factor(x);
    thread.first_distance2[i] =
        exact::partial_distance2(x.data(), screen_.centroids.row(thread.first[i]).data(), std::ssize(x), factor);
  }
}

/// The outputs of rows that get no segment, for all rows: those of the others follow.
void CpuNearestPass::reject_rows(const RowOutputs& outputs) {
  constexpr double kNoDistance = std::numeric_limits<double>::quiet_NaN();
  std::ranges::fill(outputs.segment, -1);
  std::ranges::fill(outputs.distance2, kNoDistance);
  std::ranges::fill(outputs.runner_up, -1);
  std::ranges::fill(outputs.runner_up_distance2, kNoDistance);
}

/// Row outputs of the batch, and its part of the objective.
void CpuNearestPass::publish(Thread& thread, const Block& block, bool gaps) const {
  const auto scatter = [&](const auto& values, auto into) {
    if (into.empty()) return;
    for (std::size_t i = 0; i < thread.batch.size(); ++i) into[static_cast<std::size_t>(thread.batch[i])] = values[i];
  };
  scatter(thread.first, block.outputs.segment);
  scatter(thread.first_distance2, block.outputs.distance2);
  scatter(thread.second, block.outputs.runner_up);
  scatter(thread.second_distance2, block.outputs.runner_up_distance2);
  if (task_.objective) add_objective(thread, block, gaps);
}

void CpuNearestPass::add_objective(Thread& thread, const Block& block, bool gaps) const {
  constexpr double kLargestTerm = 0x1p62;
  // Of rows with gaps a term may be up to d times larger; it is a whole number as soon as it is past 2^62.
  const double largest = gaps ? kLargestTerm * static_cast<double>(screen_.features()) : kLargestTerm;
  for (std::size_t i = 0; i < thread.batch.size(); ++i) {
    const std::int32_t row = thread.batch[i];
    const double weight = block.weights.empty() ? 1.0 : static_cast<double>(block.weights[static_cast<std::size_t>(row)]);
    if (!(weight > 0.0)) continue;
    const double term = weight * thread.first_distance2[i] * units_->objective_inverse;
    if (!(term <= largest)) {
      throw NumericalError(
          fmt::format("row {} is too far from its segment: its weighted squared distance {} does not fit 62 bits of "
                      "the objective's unit 2^{}",
                      block.first_row + row, weight * thread.first_distance2[i], task_.units->objective_exponent),
          "look at that row for absurd values, or scale the features (--scale standard)");
    }
    thread.objective += term <= kLargestTerm ? Int128{std::llrint(term)} : static_cast<Int128>(term);
  }
}

NearestStatistics CpuNearestPass::finish() {
  Int128 objective = 0;
  std::int64_t reference_rows = 0;
  for (Thread& thread : thread_) {
    if (thread.sums) thread.sums->flush();
    if (thread.known) totals_.statistics.add(*thread.known);
    objective += thread.objective;
    reference_rows += thread.reference_rows;
  }
  NearestStatistics found = std::move(totals_.statistics);
  if (memory_ != nullptr && memory_->started) {  // what was found are changes
    if (memory_->statistics.rows.empty()) {
      memory_->statistics = found;
    } else {
      memory_->statistics.add(found);
      found = memory_->statistics;
    }
  }
  found.objective = objective;
  found.reference_rows = reference_rows;
  return found;
}

}  // namespace tessera
