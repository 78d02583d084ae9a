// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "backend/row_groups.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

/// How the sums of a task are made of one block of rows. The block's sums are one array; arrays of blocks are added up
/// elsewhere, in an order of their own.
class BlockMoments {
 public:
  /// What a thread needs beside the sums; any content.
  struct Scratch {
    RowGroups groups;
    std::vector<std::int32_t> row_group, whole, gaps;
    std::vector<std::uint8_t> has_gap;
    std::vector<double> left, right;
  };

  virtual ~BlockMoments() = default;
  /// Length of the array of sums.
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Adds a block to `sums`, in an order that only the block's content decides.
  virtual void add(const AnalysisBlock& block, Scratch& scratch, double* sums) const = 0;
  /// What the sums of all blocks mean.
  [[nodiscard]] virtual GroupMoments read(const std::vector<double>& sums) const = 0;
};

/// Of each column on its own.
[[nodiscard]] std::unique_ptr<BlockMoments> make_column_moments(const MomentsTask& task, bool weighted, std::string_view level);
/// Of every two columns, too.
[[nodiscard]] std::unique_ptr<BlockMoments> make_pair_moments(const MomentsTask& task, bool weighted, std::string_view level);

}  // namespace tessera
