// SPDX-License-Identifier: Apache-2.0
#include "feed/residency.hpp"

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "feed/row_range.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

TEST(RowsOfRank, CoverTheTableOnceOnBlockBorders) {
  for (const std::int64_t rows : {0, 1, 4095, 4096, 4097, 100'000}) {
    for (int size = 1; size <= 40; ++size) {
      std::int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const RowRange range = rows_of_rank(rows, rank, size);
        ASSERT_EQ(range.first, next);
        ASSERT_GE(range.count, 0);
        ASSERT_TRUE(range.first % kBlockRows == 0 || range.count == 0);
        next += range.count;
      }
      ASSERT_EQ(next, rows);
    }
  }
}

TEST(RowsOfRank, AreBalancedToABlock) {
  for (int rank = 0; rank < 3; ++rank) {
    EXPECT_NEAR(static_cast<double>(rows_of_rank(1'000'000, rank, 3).count), 333'333.0, 4096.0);
  }
}

TEST(PlanFeed, CountsAPreparedRow) {
  EXPECT_EQ(prepared_bytes_per_row({.rows = 5, .features = 10, .weighted = false}), 41);
  EXPECT_EQ(prepared_bytes_per_row({.rows = 5, .features = 10, .weighted = true}), 45);
}

TEST(PlanFeed, NeverPlansBeyondTheBudgetAndNamesABudgetThatDoes) {
  int resident = 0, spilled = 0, refused = 0;
  for (const std::int64_t rows : std::initializer_list<std::int64_t>{1, 4095, 4096, 50'000, 1'000'000, 3'000'000'000}) {
    for (const std::int64_t features : {1, 30, 1000}) {
      for (const std::int64_t raw : {1, 240, 20'000}) {
        for (const std::int64_t memory : {kMiB, 16 * kMiB, 128 * kMiB, 8192 * kMiB}) {
          for (const std::int64_t preferred : {std::int64_t{4096}, std::int64_t{65536}, std::int64_t{1} << 24}) {
            const FeedSizes sizes = {
                .rows = rows, .features = features, .weighted = true, .raw_bytes_per_row = raw, .preferred_rows = preferred};
            FeederOptions options;
            options.memory_bytes = memory;
            try {
              const FeedPlan plan = plan_feed(sizes, options);
              ASSERT_LE(plan.planned_bytes, memory);
              ASSERT_GE(plan.chunk_rows, kBlockRows);
              ASSERT_EQ(plan.chunk_rows % kBlockRows, 0);
              ++(plan.residency == Residency::resident ? resident : spilled);
            } catch (const MemoryError& error) {
              ++refused;
              const std::string advice = error.advice();
              options.memory_bytes = parse_bytes(advice.substr(advice.find_last_of(' ') + 1));
              ASSERT_GT(options.memory_bytes, memory);
              ASSERT_NO_THROW((void)plan_feed(sizes, options)) << advice;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(resident, 0);
  EXPECT_GT(spilled, 0);
  EXPECT_GT(refused, 0);
}

TEST(PlanFeed, KeepsRowsExactlyAsLongAsTheyFit) {
  const FeedSizes sizes = {.rows = 1'000'000, .features = 25, .weighted = false, .raw_bytes_per_row = 200};
  FeederOptions options;
  options.reserve_bytes = 0;
  const std::int64_t kept = sizes.rows * 101;
  const std::int64_t least_chunk = 4096 * (3 * 200 + 48);
  options.memory_bytes = kept + least_chunk;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::resident);
  EXPECT_EQ(plan_feed(sizes, options).chunk_rows, 4096);
  options.memory_bytes -= 1;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::spilled);
  options.memory_bytes += 4096;
  options.keep_rows = false;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::streamed);
  options.keep_rows = true;
  options.reserve_bytes = 10'000;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::spilled) << "the reserve is part of the budget";
}

TEST(PlanFeed, WhatIsHeldAlreadyIsPartOfTheBudget) {
  const FeedSizes sizes = {.rows = 1'000'000, .features = 25, .weighted = false, .raw_bytes_per_row = 200};
  FeederOptions options;
  options.memory_bytes = 200 * kMiB;
  const FeedPlan without = plan_feed(sizes, options);
  EXPECT_EQ(without.residency, Residency::resident);
  options.held_bytes = 100 * kMiB;
  const FeedPlan with = plan_feed(sizes, options);
  EXPECT_EQ(with.residency, Residency::spilled);
  EXPECT_LE(with.planned_bytes, options.memory_bytes);
  options.held_bytes = 180 * kMiB;
  EXPECT_THROW((void)plan_feed(sizes, options), MemoryError);
}

TEST(PlanFeed, WhatReadingTakesIsPartOfTheBudget) {
  FeedSizes sizes = {.rows = 1'000'000, .features = 25, .weighted = false, .raw_bytes_per_row = 200};
  FeederOptions options;
  options.memory_bytes = 200 * kMiB;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::resident);
  sizes.reading_bytes = 100 * kMiB;
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::spilled);
  EXPECT_LE(plan_feed(sizes, options).planned_bytes, options.memory_bytes);
}

TEST(LeastBudget, IsWhereTheDecisionTurns) {
  const FeedSizes sizes = {
      .rows = 1'000'000, .features = 25, .weighted = true, .raw_bytes_per_row = 200, .reading_bytes = 3'000'000};
  FeederOptions options;
  options.memory_bytes = least_budget(sizes, Residency::resident);
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::resident);
  options.memory_bytes -= 16;  // the reserve's rounding
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::spilled);
  options.memory_bytes = least_budget(sizes, Residency::spilled);
  EXPECT_EQ(plan_feed(sizes, options).residency, Residency::spilled);
  options.memory_bytes -= 16;
  EXPECT_THROW((void)plan_feed(sizes, options), MemoryError);
}

TEST(PlanFeed, ReadsWholeChunksOfTheFileWhereThereIsRoom) {
  const FeedSizes sizes = {
      .rows = 10'000'000, .features = 25, .weighted = false, .raw_bytes_per_row = 100, .preferred_rows = 20'480};
  FeederOptions options;
  EXPECT_EQ(plan_feed(sizes, options).chunk_rows % 20'480, 0);
  options.chunk_rows = 8192;
  EXPECT_EQ(plan_feed(sizes, options).chunk_rows, 8192) << "asked for";
  options.chunk_rows = 5000;
  EXPECT_EQ(plan_feed(sizes, options).chunk_rows, 4096) << "whole blocks only";
}

}  // namespace
}  // namespace tessera
