// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_pass.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "exact/two_most_probable.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kBlockRows = 4096;
/// Blocks that a thread works through before all meet.
constexpr std::int64_t kBlocksAtOnce = 4;

std::int64_t second_width(SecondMoments second, std::int64_t features) {
  if (second == SecondMoments::none) return 0;
  return second == SecondMoments::variances ? features : features * (features + 1) / 2;
}

/// False if the flags say that the row has every feature.
bool may_be_incomplete(const Chunk& chunk, std::int64_t row) {
  return chunk.flags.empty() || (chunk.flags[static_cast<std::size_t>(row)] & kFlagIncomplete) != 0;
}

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
    : mixture_(*task.mixture),
      density_(mixture_),
      numbers_(mixture_.numbers()),
      categories_(mixture_.categories.empty() ? task.categories : mixture_.categories),
      summed_(number_features(mixture_.features(), categories_)),
      log_shares_(log_shares(mixture_)),
      second_(task.second),
      statistics_(task.statistics),
      kernels_(mixture_kernels_of(level)),
      threads_(threads),
      products_(task.second, std::ssize(summed_)),
      patterns_(mixture_, numbers_) {
  const std::int64_t k = density_.components, d = density_.features;
  for (const int feature : numbers_) {
    const auto found = std::ranges::find(summed_, feature);
    summed_at_.push_back(found == summed_.end() ? -1 : static_cast<int>(found - summed_.begin()));
  }
  for (const int feature : summed_) summed_center_.push_back(mixture_.center[static_cast<std::size_t>(feature)]);
  if (statistics_) {
    places_.levels = k * products_.width();
    places_.observed = places_.levels + k * level_count(categories_);
    places_.complete = places_.observed + std::ssize(summed_);
    places_.incomplete = places_.complete + 1;
    places_.likelihood = places_.incomplete + 1;
    places_.completed_likelihood = places_.likelihood + 1;
    places_.size = places_.completed_likelihood + 1;
  }
  const auto size = static_cast<std::size_t>(places_.size);
  // Large sums make meetings rare by themselves, and memory dear.
  const std::int64_t at_once = size < 100'000 ? kBlocksAtOnce : 1;
  leaves_.resize(static_cast<std::size_t>(at_once * threads_.size()));
  const auto tile = static_cast<std::size_t>(kMixtureTileRows);
  for (Leaf& leaf : leaves_) {
    leaf.sums = AlignedNumbers(size);
    leaf.features = AlignedNumbers(tile * static_cast<std::size_t>(d));
    leaf.distance2 = AlignedNumbers(tile * static_cast<std::size_t>(k));
    leaf.probability = AlignedNumbers(tile * static_cast<std::size_t>(k));
    if (!mixture_.categories.empty()) leaf.log_shares = AlignedNumbers(tile * static_cast<std::size_t>(k));
    if (statistics_) {
      leaf.values = AlignedNumbers(tile * static_cast<std::size_t>(products_.stride()));
      for (std::int64_t t = 0; t < kMixtureTileRows; ++t) {
        std::fill_n(leaf.values.data() + t * products_.stride() + products_.ones(), kMixtureWidth, 1.0);
      }
    }
    for (auto* values : {&leaf.best, &leaf.log_sum, &leaf.weights}) values->resize(tile);
    leaf.levels.resize(tile * categories_.size());
  }
  constexpr std::size_t kShard = 4096;
  for (std::size_t begin = 0; begin < size; begin += kShard) {
    shard_begin_.push_back(begin);
    shards_.emplace_back(std::min(kShard, size - begin));
  }
}

void CpuMixturePass::consume(const Chunk& chunk, const MixtureOutputs& outputs) {
  if (chunk.rows.columns != mixture_.features()) throw Error(ErrorCode::internal, "rows and mixture differ in features");
  const std::int64_t blocks = (chunk.rows.rows + kBlockRows - 1) / kBlockRows;
  for (std::int64_t first = 0; first < blocks; first += std::ssize(leaves_)) {
    const std::int64_t round = std::min(std::ssize(leaves_), blocks - first);
    threads_.run(round, [&](int, std::int64_t i) {
      const std::int64_t begin = (first + i) * kBlockRows;
      sum_block({chunk, outputs, begin, std::min(kBlockRows, chunk.rows.rows - begin)}, leaves_[static_cast<std::size_t>(i)]);
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
          .log_shares = mixture_.categories.empty() ? nullptr : leaf.log_shares.data(),
          .distance2 = leaf.distance2.data(),
          .probability = leaf.probability.data(),
          .best = leaf.best.data(),
          .log_sum = leaf.log_sum.data()};
}

void CpuMixturePass::sum_block(const Block& block, Leaf& leaf) const {
  const bool wanted = block.outputs.wanted();
  std::ranges::fill(leaf.sums, 0.0);
  leaf.gaps.clear();
  for (std::int64_t row = 0; row < block.rows;) {
    leaf.rows.clear();
    for (; row < block.rows && std::ssize(leaf.rows) < kMixtureTileRows; ++row) {
      const float weight = fit_weight(block.chunk, block.first + row);
      if (wanted && is_rejected(block.chunk, block.first + row)) {
        reject(block.outputs, density_.components, block.first + row);
        continue;
      }
      if (!wanted && !(weight > 0.0F)) continue;
      const auto i = static_cast<std::int32_t>(row);
      if (may_be_incomplete(block.chunk, block.first + row) && lacks_numbers(block.row(i))) {
        keep_for_later(i, block.row(i), leaf);
        continue;
      }
      leaf.weights[leaf.rows.size()] = double{weight};
      leaf.rows.push_back(i);
    }
    if (leaf.rows.empty()) continue;
    kernels_.load_features(rows_of(block, leaf, numbers_, density_.center.data()), leaf.features.data());
    find_probabilities(block, density_, leaf);
    if (statistics_) add_tile(block, leaf);
  }
  sum_gaps(block, leaf);
}

MixtureRows CpuMixturePass::rows_of(const Block& block, const Leaf& leaf, std::span<const int> features, const double* center) {
  return {.count = std::ssize(leaf.rows),
          .rows = leaf.rows.data(),
          .table = block.row(0),
          .columns = block.chunk.rows.columns,
          .features = features,
          .center = center};
}

/// The levels of the tile's rows, and what they tell of the components.
void CpuMixturePass::load_levels(const Block& block, Leaf& leaf) const {
  const std::int64_t k = density_.components;
  const auto count = static_cast<std::int64_t>(categories_.size());
  for (std::int64_t t = 0; t < std::ssize(leaf.rows); ++t) {
    const float* const row = block.row(leaf.rows[static_cast<std::size_t>(t)]);
    std::int32_t* const levels = leaf.levels.data() + t * count;
    std::int32_t begin = 0;
    for (std::size_t b = 0; b < categories_.size(); ++b) {
      const int level = categories_[b].level_of(row);
      levels[b] = level < 0 ? -1 : begin + level;
      begin += categories_[b].levels();
    }
    if (mixture_.categories.empty()) continue;
    for (std::int64_t c = 0; c < k; ++c) {
      double sum = 0.0;
      for (std::int64_t b = 0; b < count; ++b) {
        if (levels[b] >= 0) sum += log_shares_(levels[b], c);
      }
      leaf.log_shares.data()[c * kMixtureTileRows + t] = sum;
    }
  }
}

/// From the features of the tile's rows to the probabilities of their components.
void CpuMixturePass::find_probabilities(const Block& block, const MixtureDensity& density, Leaf& leaf) const {
  if (!categories_.empty()) load_levels(block, leaf);
  const MixtureTile tile = tile_of(leaf);
  kernels_.distances(density, tile);
  kernels_.probabilities(density, tile);
  if (block.outputs.wanted()) publish_tile(block, leaf);
}

void CpuMixturePass::publish_tile(const Block& block, const Leaf& leaf) const {
  const MixtureOutputs& outputs = block.outputs;
  const std::int64_t k = density_.components;
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
    const auto at = [&](const AlignedNumbers& values, std::int64_t c) {
      return values[static_cast<std::size_t>(c * kMixtureTileRows) + t];
    };
    exact::TwoMostProbable most;
    for (std::int64_t c = 0; c < k; ++c) most.offer(static_cast<std::int32_t>(c), at(leaf.probability, c));
    const std::int64_t row = block.first + leaf.rows[t];
    const auto i = static_cast<std::size_t>(row);
    outputs.segment[i] = most.first;
    outputs.runner_up[i] = most.second;
    outputs.probability[i] = most.first_probability;
    outputs.runner_up_probability[i] = std::max(most.second_probability, 0.0);
    outputs.distance2[i] = at(leaf.distance2, most.first);
    if (outputs.probabilities.empty()) continue;
    for (std::int64_t c = 0; c < k; ++c) {
      outputs.probabilities[static_cast<std::size_t>(row * k + c)] = static_cast<float>(at(leaf.probability, c));
    }
  }
}

void CpuMixturePass::add_tile(const Block& block, Leaf& leaf) const {
  const MixtureRows rows = rows_of(block, leaf, summed_, summed_center_.data());
  kernels_.load_values(rows, products_.stride(), leaf.values.data());
  kernels_.repeat_values(products_, rows.count, leaf.values.data());
  add_likelihoods_and_levels(leaf);
  double complete = leaf.sums[static_cast<std::size_t>(places_.complete)];
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) complete += leaf.weights[t];
  leaf.sums.data()[places_.complete] = complete;
  add_products(0, density_.components, leaf);
}

/// Turns probabilities into shares of the rows' weights.
void CpuMixturePass::add_likelihoods_and_levels(Leaf& leaf) const {
  const std::int64_t k = density_.components;
  const auto rows = static_cast<std::int64_t>(leaf.rows.size());
  double* const sums = leaf.sums.data();
  double likelihood = sums[places_.likelihood], completed = sums[places_.completed_likelihood];
  for (std::size_t t = 0; t < leaf.rows.size(); ++t) {
    likelihood += leaf.weights[t] * (leaf.best[t] + leaf.log_sum[t]);
    completed += leaf.weights[t] * leaf.best[t];
  }
  sums[places_.likelihood] = likelihood;
  sums[places_.completed_likelihood] = completed;
  for (std::int64_t c = 0; c < k; ++c) {
    double* const shares = leaf.probability.data() + c * kMixtureTileRows;
    for (std::int64_t t = 0; t < rows; ++t) shares[t] *= leaf.weights[static_cast<std::size_t>(t)];
  }
  const auto categories = static_cast<std::int64_t>(categories_.size());
  for (std::int64_t t = 0; t < rows; ++t) {
    for (std::int64_t b = 0; b < categories; ++b) {
      const std::int32_t level = leaf.levels[static_cast<std::size_t>(t * categories + b)];
      if (level < 0) continue;
      double* const counts = sums + places_.levels + level * k;
      for (std::int64_t c = 0; c < k; ++c) counts[c] += leaf.probability[static_cast<std::size_t>(c * kMixtureTileRows + t)];
    }
  }
}

/// Adds the tile's values to the sums of some components.
void CpuMixturePass::add_products(std::int64_t first_component, std::int64_t components, Leaf& leaf) const {
  kernels_.add_products({.products = &products_,
                         .rows = std::ssize(leaf.rows),
                         .components = components,
                         .shares = leaf.probability.data() + first_component * kMixtureTileRows,
                         .values = leaf.values.data(),
                         .sums = leaf.sums.data() + first_component * products_.width()});
}

/// A component's products, from where they were added up to where they are asked for.
void CpuMixturePass::copy_moments(const double* sums, std::int64_t component, MixtureStatistics& statistics) const {
  const std::int64_t d = products_.features();
  statistics.weights[static_cast<std::size_t>(component)] = sums[products_.weight()];
  for (std::int64_t i = 0; i < d; ++i) statistics.first(component, i) = sums[products_.first(i)];
  double* second = statistics.second.row(component).data();
  for (std::int64_t i = 0; i < d && second_ != SecondMoments::none; ++i) {
    for (std::int64_t j = i; j < (second_ == SecondMoments::variances ? i + 1 : d); ++j)
      *second++ = sums[products_.second(i, j)];
  }
}

MixtureStatistics CpuMixturePass::finish() {
  const std::int64_t k = density_.components, d = std::ssize(summed_);
  MixtureStatistics statistics;
  statistics.weights.resize(static_cast<std::size_t>(k));
  statistics.first = Matrix<double>(k, d);
  statistics.second = Matrix<double>(k, second_width(second_, d));
  statistics.levels = Matrix<double>(k, level_count(categories_));
  statistics.observed.resize(static_cast<std::size_t>(d));
  if (!statistics_) return statistics;
  std::vector<double> sums;
  for (BlockSums& shard : shards_) {
    const std::vector<double> part = shard.total();
    sums.insert(sums.end(), part.begin(), part.end());
  }
  const auto sum_at = [&](std::int64_t place) { return sums[static_cast<std::size_t>(place)]; };
  for (std::int64_t c = 0; c < k; ++c) {
    copy_moments(sums.data() + c * products_.width(), c, statistics);
    for (std::int64_t level = 0; level < statistics.levels.columns(); ++level) {
      statistics.levels(c, level) = sum_at(places_.levels + level * k + c);
    }
  }
  for (std::int64_t j = 0; j < d; ++j) {
    statistics.observed[static_cast<std::size_t>(j)] = sum_at(places_.complete) + sum_at(places_.observed + j);
  }
  statistics.incomplete = sum_at(places_.incomplete);
  statistics.log_likelihood = sum_at(places_.likelihood);
  statistics.completed_log_likelihood = sum_at(places_.completed_likelihood);
  return statistics;
}

}  // namespace tessera
