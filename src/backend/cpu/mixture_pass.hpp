// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/cpu/aligned_numbers.hpp"
#include "backend/cpu/block_sums.hpp"
#include "backend/cpu/mixture_kernels.hpp"
#include "backend/mixture_gaps.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera {

class CpuMixturePass final : public MixturePass {
 public:
  CpuMixturePass(const MixtureTask& task, std::string_view level, ThreadPool& threads);
  void consume(const Chunk& chunk, const MixtureOutputs& outputs) override;
  [[nodiscard]] MixtureStatistics finish() override;

 private:
  /// A block of rows, and what is wanted of them.
  struct Block {
    const Chunk& chunk;
    const MixtureOutputs& outputs;
    std::int64_t first = 0, rows = 0;  ///< within the chunk
    [[nodiscard]] const float* row(std::int32_t i) const { return chunk.rows.data + (first + i) * chunk.rows.columns; }
  };
  /// What one thread works with at a time.
  struct Leaf {
    AlignedNumbers sums;  // as Places says
    AlignedNumbers values, features, distance2, probability, log_shares;
    std::vector<double> best, log_sum, weights;
    std::vector<std::int32_t> rows;                     // of the block, that are in the tile
    std::vector<std::int32_t> levels;                   // [tile x categories] place among all levels; -1: none
    std::map<GapMask, std::vector<std::int32_t>> gaps;  // rows of the block that lack numbers
  };
  /// Where the sums lie: [k x products_.width()], then these.
  struct Places {
    std::int64_t levels = 0, observed = 0, complete = 0, incomplete = 0, likelihood = 0, completed_likelihood = 0, size = 0;
  };

  [[nodiscard]] MixtureTile tile_of(Leaf& leaf) const;
  void sum_block(const Block& block, Leaf& leaf) const;
  /// The tile's rows. @param center  [features]
  static MixtureRows rows_of(const Block& block, const Leaf& leaf, std::span<const int> features, const double* center);
  void load_levels(const Block& block, Leaf& leaf) const;
  void find_probabilities(const Block& block, const MixtureDensity& density, Leaf& leaf) const;
  void publish_tile(const Block& block, const Leaf& leaf) const;
  void add_tile(const Block& block, Leaf& leaf) const;
  void add_likelihoods_and_levels(Leaf& leaf) const;
  void add_products(std::int64_t first_component, std::int64_t components, Leaf& leaf) const;
  void copy_moments(const double* sums, std::int64_t component, MixtureStatistics& statistics) const;

  // Rows that lack numbers (mixture_pass_gaps.cpp).
  [[nodiscard]] bool lacks_numbers(const float* row) const;
  void keep_for_later(std::int32_t row, const float* features, Leaf& leaf) const;
  void sum_gaps(const Block& block, Leaf& leaf) const;
  void add_gap_tile(const GapPattern& pattern, Leaf& leaf) const;
  void fill_values(const GapPattern& pattern, std::int64_t component, Leaf& leaf) const;
  void add_left(const GapPattern& pattern, std::int64_t component, double share, double* sums) const;

  const Mixture& mixture_;
  MixtureDensity density_;
  std::vector<int> numbers_;               // [density_.features] features of a row
  std::vector<CategoryBlock> categories_;  // whose levels are counted
  std::vector<int> summed_;                // features of a row that have moments
  std::vector<int> summed_at_;             // [numbers_] places in summed_; -1: none
  std::vector<double> summed_center_;      // [summed_]
  Matrix<double> log_shares_;              // [levels x k]; empty if the mixture has no categories
  SecondMoments second_;
  bool statistics_;
  MixtureKernels kernels_;
  ThreadPool& threads_;
  MixtureProducts products_;
  Places places_;
  mutable GapPatterns patterns_;
  std::vector<Leaf> leaves_;
  std::vector<BlockSums> shards_;  // of the leaves' sums
  std::vector<std::size_t> shard_begin_;
};

/// Passes that know nothing of one another.
class CpuMixtureSeries final : public MixtureSeries {
 public:
  CpuMixtureSeries(std::string level, ThreadPool& threads) : level_(std::move(level)), threads_(threads) {}
  [[nodiscard]] std::unique_ptr<MixturePass> next(const MixtureTask& task) override {
    return std::make_unique<CpuMixturePass>(task, level_, threads_);
  }

 private:
  std::string level_;
  ThreadPool& threads_;
};

}  // namespace tessera
