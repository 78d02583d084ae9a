// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "support/analysis_blocks.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera::testing {

/// Counts and histograms of the rows of make_raw_rows(..., {3, 2}, ...).
inline TallyTask tally_task(int columns) {
  TallyTask task;
  task.counts = {{{0, 1}, {3, 2}}, {{1}, {2}}, {{}, {}}};
  for (int j = 0; j < columns; ++j) task.histograms.push_back({{{0}, {3}}, j, BinScale::around(1000.0 * j, 8.0 * (1.0 + j))});
  return task;
}

inline void expect_equal(const Tally& a, const Tally& b) {
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.bins, b.bins);
  EXPECT_TRUE(a.units == b.units);
  EXPECT_TRUE(a.bin_units == b.bin_units);
}

}  // namespace tessera::testing
