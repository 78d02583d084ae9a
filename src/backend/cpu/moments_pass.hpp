// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "backend/cpu/block_sums.hpp"
#include "backend/cpu/product_kernels.hpp"
#include "backend/cpu/row_groups.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

/// How the sums of one group lie in a row-major matrix [left x right]: every statistic is the product of a left and a right
/// column, summed over the rows. With d = x - pivot (0 if missing) and m = 1 where a cell is present,
///   pairs:     left  w d | w d^2 | w m | m | w^2 m   (the second if cells may miss, the last two if rows have weights)
///              right d | m, where m has one column for each that may miss, and in front of them one of ones;
///   no pairs:  left  w | 1 | w^2,   right d | d^2 | m.
struct MomentsLayout {
  MomentsLayout(const MomentsTask& task, bool weighted);

  std::int64_t columns = 0;
  bool pairs = false, weighted = false;
  std::vector<std::int64_t> mask;  ///< [columns] of m: the column's place, 0 for those that are never missing
  std::int64_t masks = 1;
  std::int64_t left = 0, right = 0;                                                     ///< width; `right` padded
  std::int64_t square = 0, mask_at = 0;                                                 ///< first right columns of d^2 and m
  std::int64_t left_square = -1, left_mask = 0, left_rows = 0, left_weight_square = 0;  ///< first left columns
  [[nodiscard]] std::int64_t size() const { return left * right; }
};

class CpuMomentsPass final : public MomentsPass {
 public:
  CpuMomentsPass(MomentsTask task, std::string_view level, ThreadPool& threads);
  void consume(std::span<const AnalysisBlock> blocks) override;
  [[nodiscard]] GroupMoments finish() override;

 private:
  struct Leaf {
    std::vector<double> sums;  // [groups x layout size]
    RowGroups groups;
    std::vector<double> left, right;  // a tile of rows
  };
  void start(bool weighted);
  void sum_block(const AnalysisBlock& block, Leaf& leaf) const;
  void fill_tile(const AnalysisBlock& block, std::span<const std::int32_t> rows, Leaf& leaf) const;
  void add_tile(std::int64_t rows, const Leaf& leaf, double* sums) const;

  MomentsTask task_;
  AddProducts add_products_;
  ThreadPool& threads_;
  std::vector<MomentsLayout> layout_;  // one, known with the first block
  std::vector<Leaf> leaves_;           // by thread
  std::vector<BlockSums> shards_;      // of the leaves' sums
  std::vector<std::size_t> shard_begin_;
};

}  // namespace tessera
