// SPDX-License-Identifier: Apache-2.0
#include "analyse/suppress.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "analyse/hidden_cells.hpp"
#include "analyse/table_cells.hpp"

namespace tessera {
namespace {

std::vector<bool> inner(const std::vector<bool>& hidden, std::size_t rows, std::size_t columns) {
  std::vector<bool> cells;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) cells.push_back(hidden[i * (columns + 1) + j]);
  }
  return cells;
}

TEST(HiddenCells, SmallOnesAndAnotherSoThatMarginsDoNotGiveThemAway) {
  // One small cell: its row and column get a second hidden cell each, and these a partner where they cross.
  const TotalledTable table({3, 50, 60,   //
                             40, 70, 80,  //
                             90, 55, 65},
                            {3, 3});
  EXPECT_EQ(table.counts.back(), 513);
  EXPECT_EQ(table.counts[table.at({1, 3})], 190);
  const std::vector<bool> hidden = hidden_cells(table, 10);
  EXPECT_THAT(inner(hidden, 3, 3), ::testing::ElementsAre(true, true, false, true, true, false, false, false, false));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(hidden[table.at({i, 3})] || hidden[table.at({3, i})]);
}

TEST(HiddenCells, ZeroIsNoSmallGroup) {
  EXPECT_THAT(hidden_cells(TotalledTable({0, 50, 40, 30}, {2, 2}), 10), ::testing::Each(false));
}

TEST(HiddenCells, ASmallMarginIsNotGivenAwayByTheOthers) {
  // A level of 7 customers in all: its total, less the others from all customers, would tell.
  const TotalledTable table({4, 3,    //
                             50, 60,  //
                             70, 20},
                            {3, 2});
  const std::vector<bool> hidden = hidden_cells(table, 10);
  EXPECT_TRUE(hidden[table.at({0, 2})]);
  int totals = 0;
  for (std::size_t i = 0; i < 4; ++i) totals += hidden[table.at({i, 2})] ? 1 : 0;
  EXPECT_GE(totals, 2);
}

/// Whatever is hidden must not follow from one sum: every line with its total lacks none or at least two.
TEST(HiddenCells, NoLineEverLacksExactlyOneNumber) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<std::size_t> levels;
    std::size_t cells = 1;
    for (std::size_t axis = 0; axis < 1 + random() % 3; ++axis) cells *= levels.emplace_back(1 + random() % 5);
    std::vector<std::int64_t> counts(cells);
    for (auto& count : counts) count = static_cast<std::int64_t>(random() % 40);
    const TotalledTable table(counts, levels);
    const std::vector<bool> hidden = hidden_cells(table, 10);
    std::size_t step = 1;
    for (std::size_t axis = levels.size(); axis-- > 0; step *= levels[axis] + 1) {
      for (std::size_t first = 0; first < table.counts.size(); ++first) {
        if (first / step % (levels[axis] + 1) != 0) continue;
        std::int64_t found = 0, sum = 0;
        for (std::size_t i = 0; i <= levels[axis]; ++i) {
          found += hidden[first + i * step] ? 1 : 0;
          sum += (i < levels[axis] ? 1 : -1) * table.counts[first + i * step];
        }
        EXPECT_EQ(sum, 0);
        EXPECT_NE(found, 1);
      }
    }
    for (std::size_t i = 0; i < hidden.size(); ++i) EXPECT_TRUE(hidden[i] || table.counts[i] == 0 || table.counts[i] >= 10);
  }
}

TEST(HideCells, SharesOfAHiddenTotalGoWithIt) {
  CrosstabCells table;
  for (int i = 0; i < 4; ++i)
    table.cells.push_back({.n = 20, .weight = 20.0, .row_share = 0.5, .column_share = 0.5, .total_share = 0.25});
  table.row_totals.resize(2);
  table.column_totals.resize(2);
  std::vector<bool> hidden(9);
  hidden[2] = true;  // the first row's total
  hide_cells(table, hidden);
  EXPECT_TRUE(table.row_totals[0].suppressed);
  EXPECT_TRUE(std::isnan(table.cells[0].row_share));
  EXPECT_EQ(table.cells[0].column_share, 0.5);
  EXPECT_EQ(table.cells[2].row_share, 0.5);
  EXPECT_EQ(table.suppressed_cells, 0);
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
