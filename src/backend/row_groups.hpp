// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Calls visit(row, group) for the rows of a block that are in a group and have weight, in row order.
template <typename Visit>
void for_grouped_rows(const AnalysisBlock& block, const Crossing& crossing, Visit&& visit) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    if (block.weights != nullptr && !(block.weights[i] > 0.0)) continue;
    std::int64_t group = 0;
    for (std::size_t c = 0; c < crossing.codes.size(); ++c) {
      const std::int32_t code = block.codes[static_cast<std::size_t>(crossing.codes[c])][i];
      if (code < 0) {
        group = -1;
        break;
      }
      group = group * crossing.sizes[c] + code;
    }
    if (group >= 0) visit(i, group);
  }
}

/// The rows of a block, group by group: in each in row order.
class RowGroups {
 public:
  void sort(const AnalysisBlock& block, const Crossing& crossing) {
    starts_.assign(static_cast<std::size_t>(crossing.groups()) + 1, 0);
    groups_.clear();
    rows_.clear();
    for_grouped_rows(block, crossing, [&](std::int64_t row, std::int64_t group) {
      rows_.push_back(static_cast<std::int32_t>(row));
      groups_.push_back(static_cast<std::int32_t>(group));
      ++starts_[static_cast<std::size_t>(group) + 1];
    });
    for (std::size_t g = 1; g < starts_.size(); ++g) starts_[g] += starts_[g - 1];
    next_.assign(starts_.begin(), starts_.end() - 1);
    sorted_.resize(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      sorted_[static_cast<std::size_t>(next_[static_cast<std::size_t>(groups_[i])]++)] = rows_[i];
    }
  }
  [[nodiscard]] std::span<const std::int32_t> operator[](std::int64_t group) const {
    const auto g = static_cast<std::size_t>(group);
    return std::span(sorted_).subspan(static_cast<std::size_t>(starts_[g]),
                                      static_cast<std::size_t>(starts_[g + 1] - starts_[g]));
  }

 private:
  std::vector<std::int32_t> starts_;  // [groups + 1]
  std::vector<std::int32_t> next_;
  std::vector<std::int32_t> rows_, groups_, sorted_;
};

}  // namespace tessera
