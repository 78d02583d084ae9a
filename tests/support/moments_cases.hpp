// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/analysis_blocks.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera::testing {

/// Six groups of the rows of make_raw_rows(..., {3, 2}, ...).
inline MomentsTask task_of(int columns, bool pairs) {
  MomentsTask task;
  task.groups = {{0, 1}, {3, 2}};
  for (int j = columns - 1; j >= 0; --j) {  // not the table's order
    task.columns.push_back(j);
    task.pivots.push_back(1000.0 * j + 0.25);
    task.may_miss.push_back(j > 0 ? 1 : 0);
  }
  task.pairs = pairs;
  return task;
}

/// Made raw rows as a table of rows stores them, between cells of other columns; gaps are NaN or infinite.
struct FloatRows {
  static constexpr std::int64_t kStride = 11;
  RawRows raw;  ///< the same cells, column by column
  std::vector<float> table;
  [[nodiscard]] std::vector<AnalysisBlock> blocks() const {
    std::vector<AnalysisBlock> blocks = raw.blocks();
    for (AnalysisBlock& block : blocks) {
      block.numbers.clear();
      block.number_rows = table.data() + block.first_row * kStride;
      block.number_stride = kStride;
    }
    return blocks;
  }
};

inline FloatRows make_float_rows(std::int64_t rows, double missing, bool weighted) {
  FloatRows made{make_raw_rows(rows, 9, {3, 2}, missing, weighted), {}};
  made.table.assign(static_cast<std::size_t>(rows * FloatRows::kStride), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t j = 0; j < made.raw.numbers.size(); ++j) {
    for (std::size_t i = 0; i < made.raw.numbers[j].size(); ++i) {
      float& cell = made.table[i * FloatRows::kStride + j];
      cell = static_cast<float>(made.raw.numbers[j][i]);
      made.raw.numbers[j][i] = double{cell};
      if (std::isnan(cell) && i % 2 == 0) cell = std::numeric_limits<float>::infinity();
    }
  }
  return made;
}

/// The task for such rows: their columns in the table's order.
inline MomentsTask float_task() {
  MomentsTask task = task_of(9, true);
  std::ranges::reverse(task.columns);
  std::ranges::reverse(task.pivots);
  std::ranges::reverse(task.may_miss);
  return task;
}

inline void expect_equal(const GroupMoments& a, const GroupMoments& b) {
  EXPECT_EQ(a.n, b.n);
  EXPECT_EQ(a.weight, b.weight);
  EXPECT_EQ(a.weight_squares, b.weight_squares);
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.second, b.second);
  EXPECT_EQ(a.pair_rows, b.pair_rows);
  EXPECT_EQ(a.pair_weight, b.pair_weight);
  EXPECT_EQ(a.pair_weight_squares, b.pair_weight_squares);
  EXPECT_EQ(a.pair_first, b.pair_first);
  EXPECT_EQ(a.pair_second, b.pair_second);
  EXPECT_EQ(a.pair_product, b.pair_product);
}

}  // namespace tessera::testing
