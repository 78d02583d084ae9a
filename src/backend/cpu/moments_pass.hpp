// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/cpu/block_moments.hpp"
#include "backend/cpu/block_sums.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

class CpuMomentsPass final : public MomentsPass {
 public:
  CpuMomentsPass(MomentsTask task, std::string level, ThreadPool& threads);
  void consume(std::span<const AnalysisBlock> blocks) override;
  [[nodiscard]] GroupMoments finish() override;

 private:
  struct Leaf {
    std::vector<double> sums;
    BlockMoments::Scratch scratch;
  };
  void start(bool weighted);

  MomentsTask task_;
  std::string level_;
  ThreadPool& threads_;
  std::unique_ptr<BlockMoments> moments_;  // known with the first block: whether rows have weights
  std::vector<Leaf> leaves_;               // by thread
  std::vector<BlockSums> shards_;          // of the leaves' sums
  std::vector<std::size_t> shard_begin_;
};

}  // namespace tessera
