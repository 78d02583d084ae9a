// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_pass.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBlockRows = 4096;
/// Rows whose products are written down at a time: they are read again from the first-level cache.
constexpr std::int64_t kProductRows = 16;
/// Blocks that a thread works through before all meet.
constexpr std::int64_t kBlocksAtOnce = 4;
/// Sums of the likelihoods, behind those of the components.
constexpr std::int64_t kTotals = 2;

std::int64_t padded(std::int64_t width) { return (width + kMixtureWidth - 1) / kMixtureWidth * kMixtureWidth; }

std::int64_t second_width(SecondMoments second, std::int64_t features) {
  if (second == SecondMoments::none) return 0;
  return second == SecondMoments::variances ? features : features * (features + 1) / 2;
}

/// The two most probable components of a row; ties go to the lowest index.
struct TwoMostProbable {
  std::int64_t first = 0, second = -1;
  double first_probability = -1.0, second_probability = -1.0;

  void offer(std::int64_t component, double probability) {
    if (probability > first_probability) {
      if (component > 0) {
        second = first;
        second_probability = first_probability;
      }
      first = component;
      first_probability = probability;
    } else if (probability > second_probability) {
      second = component;
      second_probability = probability;
    }
  }
};

void reject(const MixtureOutputs& outputs, std::int64_t components, std::int64_t row) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const auto i = static_cast<std::size_t>(row);
  outputs.segment[i] = outputs.runner_up[i] = -1;
  outputs.probability[i] = outputs.runner_up_probability[i] = outputs.distance2[i] = kNaN;
  if (outputs.probabilities.empty()) return;
  std::ranges::fill(
      outputs.probabilities.subspan(static_cast<std::size_t>(row * components), static_cast<std::size_t>(components)),
      std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

CpuMixturePass::CpuMixturePass(const MixtureTask& task, std::string_view level, ThreadPool& threads)
    : density_(*task.mixture),
      second_(task.second),
      statistics_(task.statistics),
      kernels_(mixture_kernels_of(level)),
      threads_(threads),
      second_width_(second_width(task.second, density_.features)),
      width_(padded(second_width_ + density_.features + 1)),
      stride_(padded(2 * density_.features) + kMixtureWidth) {
  const std::int64_t k = density_.components, d = density_.features;
  const auto size = static_cast<std::size_t>(statistics_ ? k * width_ + kTotals : 0);
  // Large sums make meetings rare by themselves, and memory dear.
  const std::int64_t at_once = size < 100'000 ? kBlocksAtOnce : 1;
  leaves_.resize(static_cast<std::size_t>(at_once * threads_.size()));
  const auto tile = static_cast<std::size_t>(kMixtureTileRows);
  for (Leaf& leaf : leaves_) {
    leaf.sums = AlignedNumbers(size);
    leaf.values = AlignedNumbers(tile * static_cast<std::size_t>(stride_));
    leaf.features = AlignedNumbers(tile * static_cast<std::size_t>(d));
    leaf.distance2 = AlignedNumbers(tile * static_cast<std::size_t>(k));
    leaf.probability = AlignedNumbers(tile * static_cast<std::size_t>(k));
    if (statistics_) leaf.products = AlignedNumbers(static_cast<std::size_t>(kProductRows * width_ + kMixtureWidth));
    for (auto* values : {&leaf.best, &leaf.log_sum, &leaf.weights}) values->resize(tile);
  }
  constexpr std::size_t kShard = 4096;
  for (std::size_t begin = 0; begin < size; begin += kShard) {
    shard_begin_.push_back(begin);
    shards_.emplace_back(std::min(kShard, size - begin));
  }
}

void CpuMixturePass::consume(const Chunk& chunk, const MixtureOutputs& outputs) {
  if (chunk.rows.columns != density_.features) throw Error(ErrorCode::internal, "rows and mixture differ in features");
  const std::int64_t blocks = (chunk.rows.rows + kBlockRows - 1) / kBlockRows;
  for (std::int64_t first = 0; first < blocks; first += std::ssize(leaves_)) {
    const std::int64_t round = std::min(std::ssize(leaves_), blocks - first);
    threads_.run(round, [&](int, std::int64_t i) {
      const std::int64_t begin = (first + i) * kBlockRows;
      sum_block(chunk, begin, std::min(kBlockRows, chunk.rows.rows - begin), outputs, leaves_[static_cast<std::size_t>(i)]);
    });
    threads_.run(std::ssize(shards_), [&](int, std::int64_t shard) {
      const auto at = static_cast<std::size_t>(shard);
      for (std::int64_t i = 0; i < round; ++i) {
        shards_[at].add(std::span(leaves_[static_cast<std::size_t>(i)].sums).subspan(shard_begin_[at]));
      }
    });
  }
}

MixtureTile CpuMixturePass::tile_of(Leaf& leaf) const {
  return {.rows = std::ssize(leaf.rows),
          .features = leaf.features.data(),
          .distance2 = leaf.distance2.data(),
          .probability = leaf.probability.data(),
          .best = leaf.best.data(),
          .log_sum = leaf.log_sum.data()};
}

void CpuMixturePass::sum_block(const Chunk& chunk, std::int64_t first, std::int64_t count, const MixtureOutputs& outputs,
                               Leaf& leaf) const {
  std::ranges::fill(leaf.sums, 0.0);
  for (std::int64_t row = 0; row < count;) {
    leaf.rows.clear();
    for (; row < count && std::ssize(leaf.rows) < kMixtureTileRows; ++row) {
      const auto i = static_cast<std::size_t>(first + row);
      const bool rejected = !chunk.flags.empty() && (chunk.flags[i] & kFlagRejected) != 0;
      const float weight = rejected ? 0.0F : chunk.weights.empty() ? 1.0F : chunk.weights[i];
      if (rejected && outputs.wanted()) reject(outputs, density_.components, first + row);
      if (rejected || (!outputs.wanted() && !(weight > 0.0F))) continue;
      leaf.weights[leaf.rows.size()] = double{weight};
      leaf.rows.push_back(static_cast<std::int32_t>(row));
    }
    if (leaf.rows.empty()) continue;
    load_tile(chunk, first, leaf);
    const MixtureTile tile = tile_of(leaf);
    kernels_.distances(density_, tile);
    kernels_.probabilities(density_, tile);
    if (outputs.wanted()) publish_tile(outputs, first, leaf);
    if (statistics_) add_tile(leaf);
  }
}

/// z of the tile's rows, row by row and feature by feature.
void CpuMixturePass::load_tile(const Chunk& chunk, std::int64_t first, Leaf& leaf) const {
  const std::int64_t d = density_.features;
  const double* const center = density_.center.data();
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
    const float* const row = chunk.rows.data + (first + leaf.rows[t]) * d;
    double* const values = leaf.values.data() + static_cast<std::int64_t>(t) * stride_;
    for (std::int64_t j = 0; j < d; ++j) values[j] = values[j + d] = double{row[j]} - center[j];
  }
  const auto rows = static_cast<std::int64_t>(leaf.rows.size());
  for (std::int64_t j = 0; j < d; ++j) {
    double* const feature = leaf.features.data() + j * kMixtureTileRows;
    const double* const values = leaf.values.data() + j;
    for (std::int64_t t = 0; t < rows; ++t) feature[t] = values[t * stride_];
    for (std::int64_t t = rows; t < kMixtureTileRows; ++t) feature[t] = 0.0;
  }
}

void CpuMixturePass::publish_tile(const MixtureOutputs& outputs, std::int64_t first, const Leaf& leaf) const {
  const std::int64_t k = density_.components;
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
    const auto at = [&](const AlignedNumbers& values, std::int64_t c) {
      return values[static_cast<std::size_t>(c * kMixtureTileRows) + t];
    };
    TwoMostProbable most;
    for (std::int64_t c = 0; c < k; ++c) most.offer(c, at(leaf.probability, c));
    const std::int64_t row = first + leaf.rows[t];
    const auto i = static_cast<std::size_t>(row);
    outputs.segment[i] = static_cast<std::int32_t>(most.first);
    outputs.runner_up[i] = static_cast<std::int32_t>(most.second);
    outputs.probability[i] = most.first_probability;
    outputs.runner_up_probability[i] = std::max(most.second_probability, 0.0);
    outputs.distance2[i] = at(leaf.distance2, most.first);
    if (outputs.probabilities.empty()) continue;
    for (std::int64_t c = 0; c < k; ++c) {
      outputs.probabilities[static_cast<std::size_t>(row * k + c)] = static_cast<float>(at(leaf.probability, c));
    }
  }
}

void CpuMixturePass::add_tile(Leaf& leaf) const {
  const std::int64_t k = density_.components;
  const auto rows = static_cast<std::int64_t>(leaf.rows.size());
  double* const totals = leaf.sums.data() + k * width_;
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
    totals[0] += leaf.weights[t] * (leaf.best[t] + leaf.log_sum[t]);
    totals[1] += leaf.weights[t] * leaf.best[t];
  }
  for (std::int64_t c = 0; c < k; ++c) {
    double* const shares = leaf.probability.data() + c * kMixtureTileRows;
    for (std::int64_t t = 0; t < rows; ++t) shares[t] *= leaf.weights[static_cast<std::size_t>(t)];
  }
  for (std::int64_t from = 0; from < rows; from += kProductRows) {
    const std::int64_t count = std::min(kProductRows, rows - from);
    kernels_.fill_products({.rows = count,
                            .features = density_.features,
                            .values = leaf.values.data() + from * stride_,
                            .stride = stride_,
                            .second = second_,
                            .products = leaf.products.data(),
                            .width = width_});
    kernels_.add_products({.components = k,
                           .rows = count,
                           .shares = leaf.probability.data() + from,
                           .products = leaf.products.data(),
                           .width = width_,
                           .sums = leaf.sums.data()});
  }
}

/// Products as they were added up, in the order in which they are asked for.
void CpuMixturePass::copy_second(const double* sums, std::span<double> out) const {
  if (second_ != SecondMoments::covariances) {
    std::copy_n(sums, out.size(), out.begin());
    return;
  }
  const std::int64_t d = density_.features;
  for (std::int64_t apart = 0; 2 * apart <= d; ++apart) {
    for (std::int64_t i = 0; i < pairs_apart(d, apart); ++i) {
      const std::int64_t j = (i + apart) % d, low = std::min(i, j), high = std::max(i, j);
      out[static_cast<std::size_t>(low * d - low * (low - 1) / 2 + high - low)] = *sums++;
    }
  }
}

MixtureStatistics CpuMixturePass::finish() {
  const std::int64_t k = density_.components, d = density_.features;
  MixtureStatistics statistics;
  statistics.weights.resize(static_cast<std::size_t>(k));
  statistics.first = Matrix<double>(k, d);
  statistics.second = Matrix<double>(k, second_width_);
  if (!statistics_) return statistics;
  std::vector<double> sums;
  for (BlockSums& shard : shards_) {
    const std::vector<double> part = shard.total();
    sums.insert(sums.end(), part.begin(), part.end());
  }
  for (std::int64_t c = 0; c < k; ++c) {
    const double* const own = sums.data() + c * width_;
    copy_second(own, statistics.second.row(c));
    std::copy_n(own + second_width_, d, statistics.first.data() + c * d);
    statistics.weights[static_cast<std::size_t>(c)] = own[second_width_ + d];
  }
  statistics.log_likelihood = sums[static_cast<std::size_t>(k * width_)];
  statistics.completed_log_likelihood = sums[static_cast<std::size_t>(k * width_) + 1];
  return statistics;
}

}  // namespace tessera
