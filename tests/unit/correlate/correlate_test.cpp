// SPDX-License-Identifier: Apache-2.0
#include "correlate/correlate.hpp"

#include <gmock/gmock.h>

#include <random>

#include "support/correlation_run.hpp"
#include "support/instruction_sets.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::correlate_rows;
using testing::MemoryTable;
using testing::naive_correlation;
using Numbers = std::vector<double>;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

/// Columns x0, x1, ... that hang together.
struct Rows {
  std::vector<Numbers> columns;
  Numbers weights;
  std::vector<std::int32_t> labels;

  Rows(std::size_t rows, std::size_t count, double offset, double missing, unsigned seed = 1) : columns(count) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (std::size_t i = 0; i < rows; ++i) {
      const double common = normal(random);
      for (std::size_t j = 0; j < count; ++j) {
        const double x = offset + (j % 3 == 2 ? -0.6 : 0.6) * common + 0.8 * normal(random);
        columns[j].push_back(uniform(random) < missing ? kGap : x);
      }
      weights.push_back(static_cast<double>(random() % 4));
      labels.push_back(static_cast<std::int32_t>(random() % 3));
    }
  }
  [[nodiscard]] MemoryTable table(bool weighted = false) const {
    MemoryTable table;
    for (std::size_t j = 0; j < columns.size(); ++j) table.add("x" + std::to_string(j), columns[j]);
    if (weighted) table.add("w", weights).declare(std::nullopt, Role::weight);
    return table;
  }
  /// The cells of a column in one segment; of the others: missing.
  [[nodiscard]] Numbers within(std::size_t column, int segment) const {
    Numbers cells = columns[column];
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (segment >= 0 && labels[i] != segment) cells[i] = kGap;
    }
    return cells;
  }
};

void expect_naive(const CorrelationGroup& group, const Rows& rows, const Numbers& weights, double tolerance) {
  const auto m = static_cast<std::int64_t>(rows.columns.size());
  ASSERT_EQ(group.r.rows(), m);
  for (std::int64_t i = 0; i < m; ++i) {
    EXPECT_EQ(group.r(i, i), 1.0);
    for (std::int64_t j = 0; j < m; ++j) {
      const Numbers x = rows.within(static_cast<std::size_t>(i), group.segment),
                    y = rows.within(static_cast<std::size_t>(j), group.segment);
      double both = 0.0;
      for (std::size_t row = 0; row < x.size(); ++row)
        both += !std::isnan(x[row]) && !std::isnan(y[row]) && (weights.empty() || weights[row] > 0.0);
      EXPECT_EQ(group.n(i, j), both);
      EXPECT_NEAR(group.r(i, j), naive_correlation(x, y, weights), tolerance);
      EXPECT_EQ(group.r(i, j), group.r(j, i));
    }
  }
}

TEST(Pearson, EqualsTwoPassesOnDataFarFromZero) {
  const Rows rows(20'000, 5, 1e6, 0.0);
  MemoryTable table = rows.table();
  const CorrelationTable result = correlate_rows(table, {});
  ASSERT_EQ(result.groups.size(), 1U);
  expect_naive(result.groups.front(), rows, {}, 1e-12);
}

TEST(Pearson, EqualsTwoPassesWithGapsWeightsAndSegments) {
  const Rows rows(9'000, 5, 1e6, 0.15, 2);
  MemoryTable table = rows.table(true);
  const CorrelationTable result = correlate_rows(table, {}, rows.labels);
  ASSERT_EQ(result.groups.size(), 4U);
  EXPECT_TRUE(result.weighted);
  for (const CorrelationGroup& group : result.groups) expect_naive(group, rows, rows.weights, 1e-12);
  EXPECT_EQ(result.groups[2].name, "segment 1");
  // x0 and x1 made the segments: within these, chance says nothing about the two.
  EXPECT_FALSE(std::isnan(result.groups[0].p(0, 1)));
  EXPECT_TRUE(std::isnan(result.groups[1].p(0, 1)));
  EXPECT_FALSE(std::isnan(result.groups[1].p(0, 2)));
}

TEST(Pearson, SegmentsFarApartKeepTheirDigits) {
  Rows rows(6'000, 3, 0.0, 0.05, 3);
  for (Numbers& column : rows.columns) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] += 1e7 * rows.labels[i];
  }
  MemoryTable table = rows.table();
  const CorrelationTable result = correlate_rows(table, {}, rows.labels);
  for (const CorrelationGroup& group : result.groups) expect_naive(group, rows, {}, group.segment < 0 ? 1e-12 : 1e-9);
  // Within a segment a plain loop loses digits to the offset: the same cells without it have to agree, too.
  Rows near = rows;
  for (Numbers& column : near.columns) {
    for (std::size_t i = 0; i < column.size(); ++i) column[i] -= 1e7 * rows.labels[i];
  }
  for (std::size_t g = 1; g < result.groups.size(); ++g) expect_naive(result.groups[g], near, {}, 1e-12);
}

TEST(Pearson, HasTheSameBitsForAnyThreadsChunksAndInstructionSet) {
  const Rows rows(30'000, 6, 1e6, 0.1, 4);
  std::vector<CorrelationTable> results;
  for (const int threads : {1, 2, 7}) {
    for (const std::int64_t chunk : {4'096, 20'480}) {
      MemoryTable table = rows.table(true);
      table.set_preferred_rows(chunk);
      CorrelateOptions options;
      options.engine.threads = threads;
      results.push_back(correlate_rows(table, options, rows.labels));
    }
  }
  for (const char* const level : {"eigen", "sse4", "avx2"}) {
    const std::vector<std::string> levels = cpu_levels();
    if (std::ranges::find(levels, level) == levels.end()) continue;
    MemoryTable table = rows.table(true);
    CorrelateOptions options;
    options.engine.cpu_level = level;
    results.push_back(correlate_rows(table, options, rows.labels));
  }
  for (const CorrelationTable& other : results) {
    for (std::size_t g = 0; g < other.groups.size(); ++g) {
      const CorrelationGroup &a = results.front().groups[g], &b = other.groups[g];
      EXPECT_EQ(a.r, b.r);
      EXPECT_EQ(a.n, b.n);
      EXPECT_EQ(a.weight, b.weight);
      EXPECT_EQ(0, std::memcmp(a.low.data(), b.low.data(), sizeof(double) * 36));
      EXPECT_EQ(0, std::memcmp(a.partial.data(), b.partial.data(), sizeof(double) * 36));
      EXPECT_EQ(0, std::memcmp(a.p_adjusted.data(), b.p_adjusted.data(), sizeof(double) * 36));
    }
  }
}

TEST(Pearson, WeightTwoIsTheRowTwice) {
  const Rows rows(3'000, 4, 10.0, 0.1, 5);
  Rows repeated = rows;
  for (Numbers& column : repeated.columns) column.clear();
  for (std::size_t i = 0; i < rows.weights.size(); ++i) {
    for (int copy = 0; copy < static_cast<int>(rows.weights[i]); ++copy) {
      for (std::size_t j = 0; j < rows.columns.size(); ++j) repeated.columns[j].push_back(rows.columns[j][i]);
    }
  }
  MemoryTable weighted = rows.table(true), plain = repeated.table();
  const CorrelationGroup a = correlate_rows(weighted, {}).groups.front(), b = correlate_rows(plain, {}).groups.front();
  EXPECT_EQ(a.weight, b.weight);
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) EXPECT_NEAR(a.r(i, j), b.r(i, j), 1e-13);
  }
}

TEST(Pearson, ListwiseLooksAtCompleteRowsOnly) {
  const Rows rows(2'000, 4, 0.0, 0.2, 6);
  Rows complete = rows;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    const bool gap = std::ranges::any_of(rows.columns, [&](const Numbers& column) { return std::isnan(column[i]); });
    for (Numbers& column : complete.columns) column[i] = gap ? kGap : column[i];
    count += gap ? 0 : 1;
  }
  MemoryTable table = rows.table();
  CorrelateOptions options;
  options.listwise = true;
  const CorrelationTable result = correlate_rows(table, options);
  EXPECT_EQ(result.rows_used, count);
  expect_naive(result.groups.front(), complete, {}, 1e-13);
  EXPECT_EQ(result.groups.front().repaired.rows(), 0);
}

TEST(Pearson, WhatIsConstantInASegmentIsUndefinedThereAndOnlyThere) {
  Rows rows(3'000, 4, 0.0, 0.0, 7);
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    if (rows.labels[i] == 1) rows.columns[2][i] = 0.1 + 0.2;  // no pivot is this number
  }
  MemoryTable table = rows.table();
  const CorrelationTable result = correlate_rows(table, {}, rows.labels);
  const CorrelationGroup& segment = result.groups[2];
  for (std::int64_t j = 0; j < 4; ++j) {
    EXPECT_TRUE(std::isnan(segment.r(2, j)));
    EXPECT_TRUE(std::isnan(segment.partial(j, 2)));
  }
  EXPECT_FALSE(std::isnan(segment.r(0, 3)));
  EXPECT_FALSE(std::isnan(segment.partial(0, 3)));
  EXPECT_FALSE(std::isnan(result.groups[1].r(2, 3)));
}

TEST(Pearson, WhatIsConstantWhereAnotherColumnIsPresentIsUndefined) {
  MemoryTable table;
  table.add("x", Numbers{0.3, 0.3, 0.3, 5.7, -8.1, 2.2}).add("y", Numbers{1.5, 2.5, 0.5, kGap, kGap, kGap});
  table.add("z", Numbers{1.0, 2.0, 3.0, 4.5, 5.0, 7.0});
  const CorrelationGroup group = correlate_rows(table, {.prepare = {.features = {"*"}}}).groups.front();
  EXPECT_TRUE(std::isnan(group.r(0, 1)));
  EXPECT_EQ(group.n(0, 1), 3.0);
  EXPECT_FALSE(std::isnan(group.r(1, 2)));
}

TEST(Pearson, ImpossibleMatricesAreRepairedAndKept) {
  // Every pair has rows of its own: what they say cannot hold together.
  MemoryTable table;
  Numbers x, y, z;
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 900; ++i) {
    const double a = normal(random), b = (i % 3 == 2 ? -1.0 : 1.0) * a + 0.3 * normal(random);
    x.push_back(i % 3 == 1 ? kGap : a);
    y.push_back(i % 3 == 2 ? kGap : i % 3 == 1 ? a : b);
    z.push_back(i % 3 == 0 ? kGap : b);
  }
  table.add("x", x).add("y", y).add("z", z);
  const CorrelationTable result = correlate_rows(table, {.prepare = {.features = {"*"}}});
  const CorrelationGroup& group = result.groups.front();
  EXPECT_GT(group.r(0, 1), 0.9);
  EXPECT_LT(group.r(0, 2), -0.9);
  EXPECT_GT(group.r(1, 2), 0.9);
  ASSERT_EQ(group.repaired.rows(), 3);
  EXPECT_NEAR(group.repaired(0, 1), 0.5, 0.05);
  EXPECT_NEAR(group.repair_largest, 0.45, 0.05);
  EXPECT_GT(group.repair_distance, group.repair_largest);
  EXPECT_THAT(result.notes, ::testing::ElementsAre(::testing::HasSubstr("nearest possible")));
}

TEST(StrongestPairs, ComeBySizeInEveryGroup) {
  CorrelationTable table;
  table.groups.resize(2);
  for (CorrelationGroup& group : table.groups) group.r = Matrix<double>(3, 3, 1.0);
  table.groups[0].r(0, 1) = 0.2;
  table.groups[0].r(0, 2) = -0.7;
  table.groups[0].r(1, 2) = kGap;
  table.groups[1].r(0, 1) = table.groups[1].r(0, 2) = 0.5;
  const std::vector<CorrelationPair> pairs = strongest_pairs(table, 2);
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_EQ(pairs[0].y, 2);
  EXPECT_EQ(pairs[1].y, 1);
  EXPECT_EQ(pairs[2].x, 1);
  EXPECT_EQ(pairs[2].group, 1U);
  EXPECT_EQ(pairs[3].y, 1);
  EXPECT_EQ(strongest_pairs(table, 0).size(), 0U);
}

}  // namespace
}  // namespace tessera
