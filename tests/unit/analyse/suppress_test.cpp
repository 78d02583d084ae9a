// SPDX-License-Identifier: Apache-2.0
#include "analyse/suppress.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace tessera {
namespace {

TEST(HiddenCells, SmallOnesAndAnotherSoThatMarginsDoNotGiveThemAway) {
  // One small cell: its row and column get a second hidden cell each, and these a partner where they cross.
  const std::vector<std::int64_t> counts = {3,  50, 60,  //
                                            40, 70, 80,  //
                                            90, 55, 65};
  const std::vector<bool> hidden = hidden_cells(counts, 3, 3, 10);
  EXPECT_THAT(hidden, ::testing::ElementsAre(true, true, false, true, true, false, false, false, false));
}

TEST(HiddenCells, ZeroIsNoSmallGroup) {
  const std::vector<bool> hidden = hidden_cells({0, 50, 40, 30}, 2, 2, 10);
  EXPECT_THAT(hidden, ::testing::Each(false));
}

TEST(HiddenCells, NoLineEverHasExactlyOneThatCouldBeWorkedOut) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 200; ++trial) {
    const std::size_t rows = 1 + random() % 6, columns = 1 + random() % 6;
    std::vector<std::int64_t> counts(rows * columns);
    for (auto& count : counts) count = static_cast<std::int64_t>(random() % 40);
    const std::vector<bool> hidden = hidden_cells(counts, rows, columns, 10);
    const auto check = [&](std::size_t first, std::size_t step, std::size_t length) {
      int found = 0, open = 0;
      for (std::size_t i = 0, at = first; i < length; ++i, at += step) {
        if (hidden[at]) {
          ++found;
        } else if (counts[at] > 0) {
          ++open;
        }
      }
      EXPECT_TRUE(found != 1 || open == 0);
    };
    for (std::size_t i = 0; i < rows; ++i) check(i * columns, 1, columns);
    for (std::size_t j = 0; j < columns; ++j) check(j, columns, rows);
    for (std::size_t i = 0; i < counts.size(); ++i) EXPECT_TRUE(hidden[i] || counts[i] == 0 || counts[i] >= 10);
  }
}

TEST(SuppressSmall, TakesEverythingOutThatIsSaidOfAFew) {
  Analysis analysis;
  analysis.min_cell = 10;
  ColumnAnalysis& column = analysis.columns.emplace_back();
  column.overall.n = 100;
  column.segments.resize(2);
  column.segments[0].n = 95;
  column.segments[0].mean = 3.0;
  column.segments[1].n = 5;
  column.segments[1].mean = 7.0;
  column.segments[1].median = 7.0;
  column.segments[1].effect = {"Cohen's d", 2.0, {1.0, 3.0}, true};
  suppress_small(analysis);
  EXPECT_EQ(analysis.columns[0].segments[0].mean, 3.0);
  const NumberSummary& hidden = analysis.columns[0].segments[1];
  EXPECT_TRUE(hidden.suppressed);
  EXPECT_EQ(hidden.n, 0);
  EXPECT_TRUE(std::isnan(hidden.mean));
  EXPECT_TRUE(std::isnan(hidden.median));
  EXPECT_TRUE(hidden.effect.measure.empty());
}

}  // namespace
}  // namespace tessera
