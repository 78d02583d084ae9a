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

CpuNearestPass::CpuNearestPass(const NearestTask& task, const CpuLevel& level, ThreadPool& threads,
                               std::int64_t thread_sum_bytes)
    : task_((check_task(task), task)), screen_(make_screen_centroids(task.centroids, level.tile_centroids)), threads_(threads) {
  const std::int64_t k = screen_.segments();
  const std::int64_t d = screen_.features();
  if (task_.statistics) totals_.statistics = NearestStatistics(k, d);
  if (task_.units != nullptr) units_.emplace(*task_.units);
  shared_sums_ = task_.statistics && SegmentSums::bytes(k, d) * threads_.size() > thread_sum_bytes;
  thread_.resize(static_cast<std::size_t>(threads_.size()));
  for (Thread& thread : thread_) {
    thread.worker = level.make_worker(screen_);
    if (task_.statistics && !shared_sums_) thread.sums.emplace(*units_, totals_);
    const auto rows = static_cast<std::size_t>(thread.worker->block_rows());
    for (auto* values : {&thread.first, &thread.second, &thread.counted}) values->resize(rows);
    for (auto* values : {&thread.first_distance2, &thread.second_distance2}) values->resize(rows);
    thread.skip.resize(rows);
  }
}

void CpuNearestPass::consume(const Chunk& chunk, const RowOutputs& outputs) {
  const std::int64_t n = chunk.rows.rows;
  for (const std::size_t size : {outputs.segment.size(), outputs.distance2.size(), outputs.runner_up.size(),
                                 outputs.runner_up_distance2.size(), chunk.weights.size(), chunk.flags.size()}) {
    check_output(size, n);
  }
  if (shared_sums_) chunk_labels_.resize(static_cast<std::size_t>(n));
  const std::int64_t block = thread_.front().worker->block_rows();
  threads_.run((n + block - 1) / block, [&](int thread, std::int64_t index) {
    const std::int64_t first = index * block;
    process(thread_[static_cast<std::size_t>(thread)], chunk, outputs, first, std::min(block, n - first));
  });
  if (shared_sums_) add_shared(chunk);
}

void CpuNearestPass::process(Thread& thread, const Chunk& chunk, const RowOutputs& outputs, std::int64_t first_row,
                             std::int64_t rows) {
  const Chunk block{chunk.first_row + first_row, chunk.rows.slice(first_row, rows), part(chunk.weights, first_row, rows),
                    part(chunk.flags, first_row, rows)};
  const RowOutputs wanted{part(outputs.segment, first_row, rows), part(outputs.distance2, first_row, rows),
                          part(outputs.runner_up, first_row, rows), part(outputs.runner_up_distance2, first_row, rows)};
  label(thread, block, wanted, task_.objective);
  for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i) {
    const bool counts = thread.first[i] >= 0 && (block.weights.empty() || block.weights[i] > 0.0F);
    thread.counted[i] = counts ? thread.first[i] : -1;
  }
  const auto counted = std::span(thread.counted).first(static_cast<std::size_t>(rows));
  if (thread.sums) thread.sums->add(*thread.worker, block.rows, counted, block.weights);
  if (shared_sums_) std::copy(counted.begin(), counted.end(), chunk_labels_.begin() + first_row);
  if (task_.objective) add_objective(thread, block);
}

/// Fills thread.first (-1 for rejected rows), thread.first_distance2 if `distances` or the outputs want it, and the outputs.
void CpuNearestPass::label(Thread& thread, const Chunk& block, const RowOutputs& outputs, bool distances) {
  const auto m = static_cast<std::size_t>(block.rows.rows);
  const bool wants_second = !outputs.runner_up.empty() || !outputs.runner_up_distance2.empty();
  distances = distances || wants_second || !outputs.distance2.empty();
  for (std::size_t i = 0; i < block.flags.size(); ++i) thread.skip[i] = (block.flags[i] & kFlagRejected) != 0 ? 1 : 0;
  const std::span<const std::uint8_t> skip = std::span(thread.skip).first(block.flags.size());

  BlockResults results;
  results.first = std::span(thread.first).first(m);
  if (distances) results.first_distance2 = std::span(thread.first_distance2).first(m);
  if (wants_second) {
    results.second = std::span(thread.second).first(m);
    results.second_distance2 = std::span(thread.second_distance2).first(m);
  }
  if (screen_.segments() == 1) {
    std::fill(results.first.begin(), results.first.end(), 0);
    if (distances) thread.worker->distances(block.rows, results.first, results.first_distance2);
    std::fill(results.second.begin(), results.second.end(), -1);
    std::fill(results.second_distance2.begin(), results.second_distance2.end(), std::numeric_limits<double>::infinity());
  } else {
    thread.reference_rows += thread.worker->nearest(block.rows, skip, results);
  }
  for (std::size_t i = 0; i < skip.size(); ++i) {
    if (skip[i] == 0) continue;
    results.first[i] = -1;
    if (distances) results.first_distance2[i] = std::numeric_limits<double>::quiet_NaN();
    if (!wants_second) continue;
    results.second[i] = -1;
    results.second_distance2[i] = std::numeric_limits<double>::quiet_NaN();
  }
  const auto copy = [](const auto& from, const auto& to) {
    if (!to.empty()) std::copy(from.begin(), from.end(), to.begin());
  };
  copy(results.first, outputs.segment);
  copy(results.first_distance2, outputs.distance2);
  copy(results.second, outputs.runner_up);
  copy(results.second_distance2, outputs.runner_up_distance2);
}

void CpuNearestPass::add_objective(Thread& thread, const Chunk& block) {
  constexpr double kLargestTerm = 0x1p62;
  for (std::size_t i = 0; i < static_cast<std::size_t>(block.rows.rows); ++i) {
    if (thread.counted[i] < 0) continue;
    const double weight = block.weights.empty() ? 1.0 : static_cast<double>(block.weights[i]);
    const double term = weight * thread.first_distance2[i] * units_->objective_inverse;
    if (!(term <= kLargestTerm)) {
      throw NumericalError(
          fmt::format("row {} is too far from its segment: its weighted squared distance {} does not fit 62 bits of "
                      "the objective's unit 2^{}",
                      block.first_row + static_cast<std::int64_t>(i), weight * thread.first_distance2[i],
                      task_.units->objective_exponent),
          "look at that row for absurd values, or scale the features (--scale standard)");
    }
    thread.objective += std::llrint(term);
  }
}

void CpuNearestPass::add_shared(const Chunk& chunk) {
  const std::int64_t k = screen_.segments();
  std::vector<std::int64_t> starts(static_cast<std::size_t>(k) + 1);
  for (const std::int32_t label : chunk_labels_) {
    if (label >= 0) ++starts[static_cast<std::size_t>(label) + 1];
  }
  for (std::size_t s = 1; s < starts.size(); ++s) starts[s] += starts[s - 1];
  std::vector<std::int64_t> next(starts.begin(), starts.end() - 1);
  std::vector<std::int64_t> order(static_cast<std::size_t>(starts.back()));
  for (std::size_t i = 0; i < chunk_labels_.size(); ++i) {
    if (chunk_labels_[i] < 0) continue;
    order[static_cast<std::size_t>(next[static_cast<std::size_t>(chunk_labels_[i])]++)] = static_cast<std::int64_t>(i);
  }
  // Segments differ in size: many more tasks than threads would not help a static plan, so each thread gets the segments in
  // which its share of the rows begins.
  const std::int64_t shares = threads_.size();
  const auto border = [&](std::int64_t share) {
    if (share == shares) return k;
    return std::lower_bound(starts.begin(), starts.end() - 1, starts.back() * share / shares) - starts.begin();
  };
  threads_.run(shares, [&](int, std::int64_t share) {
    add_sorted_rows(chunk.rows, chunk.weights, order, starts, share == 0 ? 0 : border(share), border(share + 1), *units_,
                    totals_.statistics);
  });
}

NearestStatistics CpuNearestPass::finish() {
  for (Thread& thread : thread_) {
    if (thread.sums) thread.sums->flush();
    totals_.statistics.objective += thread.objective;
    totals_.statistics.reference_rows += thread.reference_rows;
  }
  return std::move(totals_.statistics);
}

}  // namespace tessera
