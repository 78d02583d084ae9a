// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/nearest_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "exact/grid.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMostSegments = 65535;
constexpr std::int64_t kMostFeatures = 8192;  // what exact::upper_norm is proved for

constexpr std::int64_t kMostBlockRows = 16384;
constexpr std::int64_t kLeastBlockRows = 1024;

/// The part of `values` that belongs to rows [first, first + count); empty stays empty.
template <typename T>
std::span<T> part(std::span<T> values, std::int64_t first, std::int64_t count) {
  if (values.empty()) return {};
  return values.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

void check_task(const NearestTask& task) {
  if (task.centroids.rows < 1 || task.centroids.rows > kMostSegments) {
    throw ConfigError(fmt::format("{} segments are not between 1 and {}", task.centroids.rows, kMostSegments),
                      "choose another number of segments");
  }
  if (task.centroids.columns < 1 || task.centroids.columns > kMostFeatures) {
    throw ConfigError(fmt::format("{} features are not between 1 and {}", task.centroids.columns, kMostFeatures),
                      "choose the features with --features or --ignore");
  }
  const bool counts = task.statistics || task.objective;
  if (counts && (task.units == nullptr || std::ssize(task.units->feature_exponent) != task.centroids.columns)) {
    throw Error(ErrorCode::internal, "a nearest pass that counts needs one grid unit per feature", "please report this");
  }
}

void check_output(std::size_t size, std::int64_t rows) {
  if (size != 0 && static_cast<std::int64_t>(size) != rows) {
    throw Error(ErrorCode::internal, "row outputs, weights and flags must be empty or as long as the chunk",
                "please report this");
  }
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
  if (task_.statistics) totals_.statistics = NearestStatistics(k, d);
  if (task_.units != nullptr) units_.emplace(*task_.units);
  if (memory_ != nullptr) memory_->drift.advance(task.centroids);
  shared_sums_ = task_.statistics && SegmentSums::bytes(k, d) * threads_.size() > thread_sum_bytes;
  thread_.resize(static_cast<std::size_t>(threads_.size()));
  for (Thread& thread : thread_) {
    thread.worker = level.make_worker(screen_);
    if (task_.statistics && !shared_sums_) thread.sums.emplace(*units_, totals_);
  }
}

/// Rows of a block: enough to fill the kernels' panels when few of them are open, few enough that every thread gets some.
std::int64_t CpuNearestPass::block_rows(std::int64_t chunk_rows) const {
  constexpr std::int64_t kBlocksPerThread = 4;
  return std::clamp(chunk_rows / (kBlocksPerThread * threads_.size()), kLeastBlockRows, kMostBlockRows);
}

void CpuNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  const std::int64_t n = chunk.rows.rows;
  for (const std::size_t size : {outputs.segment.size(), outputs.distance2.size(), outputs.runner_up.size(),
                                 outputs.runner_up_distance2.size(), chunk.weights.size(), chunk.flags.size()}) {
    check_output(size, n);
  }
  std::span<RowState> state;
  if (memory_ != nullptr && !chunk.state.empty()) {
    memory_->started = true;
    check_output(chunk.state.size() / sizeof(RowState), n);
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
    process(own, {.first_row = chunk.first_row + first,
                  .rows = chunk.rows.slice(first, count),
                  .weights = part(chunk.weights, first, count),
                  .flags = part(chunk.flags, first, count),
                  .state = part(state, first, count),
                  .outputs = {part(outputs.segment, first, count), part(outputs.distance2, first, count),
                              part(outputs.runner_up, first, count), part(outputs.runner_up_distance2, first, count)}});
    if (own.sums) own.sums->move(*own.worker, chunk.rows.slice(first, count), own.moves, part(chunk.weights, first, count));
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
  const bool wants_second = !block.outputs.runner_up.empty() || !block.outputs.runner_up_distance2.empty();
  const bool wants_distance = wants_second || task_.objective || !block.outputs.distance2.empty();
  list_rows(thread, block, wants_second);
  label(thread, block, wants_second);
  if (wants_second) measure(thread, block, true);  // which of the two is the nearest
  settle(thread, block);
  if (wants_distance || !block.outputs.segment.empty()) {
    if (!block.state.empty() && !wants_second) {  // settled rows were not listed
      list_rows(thread, block, true);
      for (std::size_t i = 0; i < thread.list.size(); ++i) {
        thread.first[i] = block.state[static_cast<std::size_t>(thread.list[i])].segment_plus - 1;
      }
    }
    if (wants_distance && !wants_second) measure(thread, block, false);
    write(thread, block);
  }
  if (task_.objective) add_objective(thread, block);
}

/// Lists the rows that are not rejected and, unless `all` are wanted, not settled by their state.
void CpuNearestPass::list_rows(Thread& thread, const Block& block, bool all) const {
  const auto m = static_cast<std::size_t>(block.rows.rows);
  thread.list.resize(m);
  thread.first.resize(std::max(m, thread.first.size()));
  std::size_t count = 0;
  const bool checks_state = !all && !block.state.empty();
  for (std::size_t i = 0; i < m; ++i) {
    thread.list[count] = static_cast<std::int32_t>(i);
    const bool rejected = !block.flags.empty() && (block.flags[i] & kFlagRejected) != 0;
    const bool settled = checks_state && memory_->drift.settles(block.state[i]);
    count += rejected || settled ? 0 : 1;
  }
  thread.list.resize(count);
}

/// Labels the listed rows.
void CpuNearestPass::label(Thread& thread, const Block& block, bool wants_second) {
  const std::size_t m = thread.list.size();
  NearestResults results{.first = std::span(thread.first).first(m), .slack = {}, .second = {}};
  if (!block.state.empty()) {
    thread.slack.resize(std::max(m, thread.slack.size()));
    results.slack = std::span(thread.slack).first(m);
  }
  if (wants_second) {
    thread.second.resize(std::max(m, thread.second.size()));
    results.second = std::span(thread.second).first(m);
  }
  if (screen_.segments() == 1) {
    std::ranges::fill(results.first, 0);
    std::ranges::fill(results.slack, std::numeric_limits<float>::infinity());
    std::ranges::fill(results.second, -1);
  } else {
    thread.reference_rows += thread.worker->nearest(block.rows, thread.list, results);
  }
}

/// Keeps what was learned of the listed rows, and notes which of them change sums.
void CpuNearestPass::settle(Thread& thread, const Block& block) {
  thread.moves.clear();
  for (std::size_t i = 0; i < thread.list.size(); ++i) {
    const auto row = static_cast<std::size_t>(thread.list[i]);
    const std::int32_t to = thread.first[i];
    std::int32_t from = -1;
    if (!block.state.empty()) {
      RowState& state = block.state[row];
      from = state.segment_plus - 1;
      state = {memory_->drift.keep(to, thread.slack[i]), to + 1};
    }
    if (!task_.statistics || to == from) continue;
    if (block.weights.empty() || block.weights[row] > 0.0F) thread.moves.push_back({thread.list[i], from, to});
  }
}

/// Reference distances of the listed rows; orders pairs that are the two nearest in either order.
void CpuNearestPass::measure(Thread& thread, const Block& block, bool wants_second) {
  const std::size_t m = thread.list.size();
  const auto distances = [&](std::vector<std::int32_t>& labels, std::vector<double>& distance2) {
    distance2.resize(std::max(m, distance2.size()));
    thread.worker->distances(block.rows, thread.list, std::span(labels).first(m), std::span(distance2).first(m));
  };
  distances(thread.first, thread.first_distance2);
  if (!wants_second) return;
  if (screen_.segments() == 1) {
    thread.second_distance2.assign(m, std::numeric_limits<double>::infinity());
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

/// Fills the row outputs from the listed rows; rejected rows get no segment.
void CpuNearestPass::write(const Thread& thread, const Block& block) {
  const auto scatter = [&]<typename T>(std::span<T> into, const std::vector<T>& values, T rejected) {
    if (into.empty()) return;
    if (thread.list.size() < into.size()) std::ranges::fill(into, rejected);
    for (std::size_t i = 0; i < thread.list.size(); ++i) into[static_cast<std::size_t>(thread.list[i])] = values[i];
  };
  constexpr double kNoDistance = std::numeric_limits<double>::quiet_NaN();
  scatter(block.outputs.segment, thread.first, -1);
  scatter(block.outputs.distance2, thread.first_distance2, kNoDistance);
  scatter(block.outputs.runner_up, thread.second, -1);
  scatter(block.outputs.runner_up_distance2, thread.second_distance2, kNoDistance);
}

void CpuNearestPass::add_objective(Thread& thread, const Block& block) const {
  constexpr double kLargestTerm = 0x1p62;
  for (std::size_t i = 0; i < thread.list.size(); ++i) {
    const std::int32_t row = thread.list[i];
    const double weight = block.weights.empty() ? 1.0 : static_cast<double>(block.weights[static_cast<std::size_t>(row)]);
    if (!(weight > 0.0)) continue;
    const double term = weight * thread.first_distance2[i] * units_->objective_inverse;
    if (!(term <= kLargestTerm)) {
      throw NumericalError(
          fmt::format("row {} is too far from its segment: its weighted squared distance {} does not fit 62 bits of "
                      "the objective's unit 2^{}",
                      block.first_row + row, weight * thread.first_distance2[i], task_.units->objective_exponent),
          "look at that row for absurd values, or scale the features (--scale standard)");
    }
    thread.objective += std::llrint(term);
  }
}

NearestStatistics CpuNearestPass::finish() {
  Int128 objective = 0;
  std::int64_t reference_rows = 0;
  for (Thread& thread : thread_) {
    if (thread.sums) thread.sums->flush();
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
