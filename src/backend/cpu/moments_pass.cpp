// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/moments_pass.hpp"

#include <algorithm>
#include <utility>

#include "backend/pair_columns.hpp"

namespace tessera {

CpuMomentsPass::CpuMomentsPass(MomentsTask task, std::string level, ThreadPool& threads)
    : task_(std::move(task)), level_(std::move(level)), threads_(threads) {
  check_task(task_);
}

void CpuMomentsPass::start(bool weighted) {
  moments_ = task_.pairs ? make_pair_moments(task_, weighted, level_) : make_column_moments(task_, weighted, level_);
  leaves_.resize(static_cast<std::size_t>(threads_.size()));
  const std::size_t size = moments_->size();
  for (Leaf& leaf : leaves_) leaf.sums.resize(size);
  constexpr std::size_t kShard = 4096;
  for (std::size_t begin = 0; begin < size; begin += kShard) {
    shard_begin_.push_back(begin);
    shards_.emplace_back(std::min(kShard, size - begin));
  }
}

void CpuMomentsPass::consume(std::span<const AnalysisBlock> blocks) {
  if (blocks.empty() || task_.columns.empty()) return;
  if (!moments_) start(blocks.front().weights != nullptr);
  check_block(task_, blocks.front());
  for (std::size_t first = 0; first < blocks.size(); first += leaves_.size()) {
    const auto round = std::min(leaves_.size(), blocks.size() - first);
    threads_.run(static_cast<std::int64_t>(round), [&](int, std::int64_t i) {
      Leaf& leaf = leaves_[static_cast<std::size_t>(i)];
      std::fill(leaf.sums.begin(), leaf.sums.end(), 0.0);
      moments_->add(blocks[first + static_cast<std::size_t>(i)], leaf.scratch, leaf.sums.data());
    });
    threads_.run(std::ssize(shards_), [&](int, std::int64_t shard) {
      const auto at = static_cast<std::size_t>(shard);
      for (std::size_t i = 0; i < round; ++i) shards_[at].add(std::span(leaves_[i].sums).subspan(shard_begin_[at]));
    });
  }
}

GroupMoments CpuMomentsPass::finish() {
  if (!moments_) start(false);  // a table without rows
  std::vector<double> sums;
  for (BlockSums& shard : shards_) {
    const std::vector<double> part = shard.total();
    sums.insert(sums.end(), part.begin(), part.end());
  }
  return moments_->read(sums);
}

}  // namespace tessera
