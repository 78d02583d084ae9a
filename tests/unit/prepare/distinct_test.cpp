// SPDX-License-Identifier: Apache-2.0
#include "prepare/distinct.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>

namespace tessera {
namespace {

TEST(NumberLevels, CountsExactlyUpToTheLimit) {
  NumberLevels levels;
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (std::int64_t i = 0; i < kMostLevels; ++i) levels.add(static_cast<double>(i) * 0.5 - 1000.0);
  }
  EXPECT_TRUE(levels.exact());
  EXPECT_EQ(levels.distinct(), kMostLevels);
  std::int64_t rows = 0, seen = 0;
  levels.for_each([&](double, std::int64_t count) { rows += count, ++seen; });
  EXPECT_EQ(seen, kMostLevels);
  EXPECT_EQ(rows, 2 * kMostLevels);
  levels.add(1e300);
  EXPECT_FALSE(levels.exact());
}

TEST(NumberLevels, BothZerosAreOneLevel) {
  NumberLevels levels;
  levels.add(0.0);
  levels.add(-0.0);
  EXPECT_EQ(levels.distinct(), 1);
}

TEST(NumberLevels, EstimatesWithinAFewPercentInAnyOrder) {
  for (const std::int64_t distinct : {70'000, 300'000, 1'000'000}) {
    std::vector<double> values(static_cast<std::size_t>(distinct));
    std::iota(values.begin(), values.end(), 17.0);
    NumberLevels ascending, shuffled;
    for (const double x : values) ascending.add(x);
    std::shuffle(values.begin(), values.end(), std::mt19937_64(3));
    for (const double x : values) {
      shuffled.add(x);
      if (static_cast<std::int64_t>(x) % 3 == 0) shuffled.add(x);
    }
    EXPECT_EQ(ascending.distinct(), shuffled.distinct());
    EXPECT_NEAR(static_cast<double>(ascending.distinct()) / static_cast<double>(distinct), 1.0, 0.03);
  }
}

TEST(TextLevels, CountsAndEstimatesLikeAMap) {
  TextLevels levels;
  std::map<std::string, std::int64_t> expected;
  std::mt19937_64 random(5);
  for (int i = 0; i < 5000; ++i) {
    const std::string cell = "level " + std::to_string(random() % 300);
    levels.add(cell);
    ++expected[cell];
  }
  EXPECT_TRUE(levels.exact());
  EXPECT_EQ(levels.distinct(), static_cast<std::int64_t>(expected.size()));
  for (const auto& [cell, rows] : expected) EXPECT_EQ(levels.levels().find(cell)->second, rows);
}

TEST(TextLevels, GivesUpOnTooManyLevelsAndOnTooMuchText) {
  TextLevels many;
  for (std::int64_t i = 0; i < 100'000; ++i) many.add("customer " + std::to_string(i));
  EXPECT_FALSE(many.exact());
  EXPECT_TRUE(many.levels().empty());
  EXPECT_NEAR(static_cast<double>(many.distinct()), 1e5, 3e3);

  TextLevels prose;
  for (int i = 0; i < 200; ++i) prose.add(std::string(50'000, static_cast<char>('a' + i % 26)) + std::to_string(i));
  EXPECT_FALSE(prose.exact());
  EXPECT_EQ(prose.distinct(), 200);
}

TEST(HashText, SpreadsShortTexts) {
  // One bit of the hash would have to be stuck for this to fail by chance.
  std::uint64_t all_and = ~std::uint64_t{0}, all_or = 0;
  for (int i = 0; i < 200; ++i) {
    all_and &= hash_text(std::to_string(i));
    all_or |= hash_text(std::to_string(i));
  }
  EXPECT_EQ(all_and, 0U);
  EXPECT_EQ(all_or, ~std::uint64_t{0});
  EXPECT_NE(hash_text("a"), hash_text(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace tessera
