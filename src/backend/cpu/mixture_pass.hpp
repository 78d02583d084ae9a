// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "backend/cpu/aligned_numbers.hpp"
#include "backend/cpu/block_sums.hpp"
#include "backend/cpu/mixture_kernels.hpp"
#include "core/thread_pool.hpp"
#include "tessera/backend.hpp"

namespace tessera {

class CpuMixturePass final : public MixturePass {
 public:
  CpuMixturePass(const MixtureTask& task, std::string_view level, ThreadPool& threads);
  void consume(const Chunk& chunk, const MixtureOutputs& outputs) override;
  [[nodiscard]] MixtureStatistics finish() override;

 private:
  /// What one thread works with at a time.
  struct Leaf {
    AlignedNumbers sums;  // [k x width], log-likelihood, completed log-likelihood
    AlignedNumbers values, features, products, distance2, probability;
    std::vector<double> best, log_sum, weights;
    std::vector<std::int32_t> rows;  // of the block, that are in the tile
  };
  [[nodiscard]] MixtureTile tile_of(Leaf& leaf) const;
  void sum_block(const Chunk& chunk, std::int64_t first, std::int64_t count, const MixtureOutputs& outputs, Leaf& leaf) const;
  void copy_second(const double* sums, std::span<double> out) const;
  void load_tile(const Chunk& chunk, std::int64_t first, Leaf& leaf) const;
  void publish_tile(const MixtureOutputs& outputs, std::int64_t first, const Leaf& leaf) const;
  void add_tile(Leaf& leaf) const;

  MixtureDensity density_;
  SecondMoments second_;
  bool statistics_;
  MixtureKernels kernels_;
  ThreadPool& threads_;
  std::int64_t second_width_ = 0, width_ = 0, stride_ = 0;
  std::vector<Leaf> leaves_;
  std::vector<BlockSums> shards_;  // of the leaves' sums
  std::vector<std::size_t> shard_begin_;
};

}  // namespace tessera
