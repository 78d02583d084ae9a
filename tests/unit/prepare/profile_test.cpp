// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"

namespace tessera {
namespace {

using testing::column;
using ::testing::HasSubstr;
using testing::MemoryTable;
using ::testing::Pair;
using testing::profile;
using testing::says;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Profile, CountsMissingInfiniteAndZeros) {
  MemoryTable table;
  table.add("x", std::vector<double>{0.0, kNaN, 2.5, kInfinity, -0.0, -kInfinity, 4.0})
      .add("city", std::vector<std::string>{"Rome", "", "Oslo", "Rome", "Oslo", "Rome", ""});
  const auto profiles = profile(table);
  const ColumnProfile& x = column(profiles, "x");
  EXPECT_EQ(x.rows, 7);
  EXPECT_EQ(x.missing, 3);
  EXPECT_EQ(x.infinite, 2);
  EXPECT_EQ(x.zeros, 2);
  EXPECT_EQ(x.distinct, 3);
  EXPECT_FALSE(x.integral);
  EXPECT_EQ(x.min, 0.0);
  EXPECT_EQ(x.max, 4.0);
  EXPECT_DOUBLE_EQ(x.mean, 1.625);
  EXPECT_TRUE(says(x.warnings, "2 infinite cells"));
  const ColumnProfile& city = column(profiles, "city");
  EXPECT_EQ(city.missing, 2);
  EXPECT_THAT(city.top_levels, ::testing::ElementsAre(Pair("Rome", 3), Pair("Oslo", 2)));
}

TEST(Profile, ReadsEveryIntegerType) {
  MemoryTable table;
  table.add("a", std::vector<std::int8_t>{-128, 127, 3})
      .add("b", std::vector<std::uint8_t>{255, 0, 3})
      .add("c", std::vector<std::int16_t>{-32768, 32767, 3})
      .add("d", std::vector<std::uint16_t>{65535, 0, 3})
      .add("e", std::vector<std::int32_t>{-2147483647, 2147483647, 3})
      .add("f", std::vector<std::uint32_t>{4294967295U, 0, 3})
      .add("g", std::vector<std::int64_t>{-(std::int64_t{1} << 53), std::int64_t{1} << 53, 3})
      .add("h", std::vector<std::uint64_t>{std::uint64_t{1} << 63, 0, 3})
      .add("i", std::vector<float>{0.5F, -0.25F, 3.0F});
  table.set_interleaved(true);
  const auto profiles = profile(table);
  EXPECT_EQ(column(profiles, "a").min, -128.0);
  EXPECT_EQ(column(profiles, "b").max, 255.0);
  EXPECT_EQ(column(profiles, "c").min, -32768.0);
  EXPECT_EQ(column(profiles, "d").max, 65535.0);
  EXPECT_EQ(column(profiles, "e").min, -2147483647.0);
  EXPECT_EQ(column(profiles, "f").max, 4294967295.0);
  EXPECT_EQ(column(profiles, "g").min, -0x1p53);
  EXPECT_EQ(column(profiles, "h").max, 0x1p63);
  EXPECT_EQ(column(profiles, "i").min, -0.25);
  EXPECT_TRUE(column(profiles, "h").integral);
  EXPECT_FALSE(column(profiles, "i").integral);
}

TEST(Profile, FindsSentinelsThatStandApart) {
  std::mt19937_64 random(1);
  std::vector<double> age(1000), balance(1000), legitimate(1000), score(1000), sales(1000), returns(1000), loss(1000);
  for (std::size_t i = 0; i < age.size(); ++i) {
    age[i] = 18.0 + static_cast<double>(random() % 60);
    balance[i] = static_cast<double>(random() % 700);
    legitimate[i] = static_cast<double>(random() % 100);                   // 0..99: the largest is 99, and frequent
    score[i] = static_cast<double>(random() % 11) - 5.0;                   // -5..5: -1 is one of them
    sales[i] = i < 3 ? -99.0 : 1.0 + static_cast<double>(random() % 500);  // rare, and the only ones below zero
    returns[i] = i < 3 ? -1.0 : static_cast<double>(random() % 50);
    loss[i] = i < 3 ? -99.0 : static_cast<double>(random() % 500) - 60.0;
    if (i % 50 == 0) age[i] = 999.0;
    if (i % 40 == 0) balance[i] = -1.0;
  }
  MemoryTable table;
  table.add("age", age)
      .add("balance", balance)
      .add("legitimate", legitimate)
      .add("score", score)
      .add("sales", sales)
      .add("returns", returns)
      .add("loss", loss);
  const auto profiles = profile(table);
  EXPECT_TRUE(says(column(profiles, "age").warnings, "999 occurs 20 times"));
  EXPECT_TRUE(says(column(profiles, "balance").warnings, "-1 occurs 25 times"));
  EXPECT_TRUE(says(column(profiles, "sales").warnings, "-99 occurs 3 times"));
  EXPECT_TRUE(column(profiles, "returns").warnings.empty());
  EXPECT_TRUE(column(profiles, "loss").warnings.empty());
  EXPECT_TRUE(column(profiles, "legitimate").warnings.empty());
  EXPECT_TRUE(column(profiles, "score").warnings.empty());
}

TEST(Profile, FindsDatesThatMeanUnknown) {
  std::vector<std::string> text(300);
  std::vector<std::int32_t> days(300);
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = i % 20 == 0 ? "9999-12-31" : "2021-03-" + std::to_string(10 + i % 20);
    days[i] = i % 30 == 0 ? -25567 : static_cast<std::int32_t>(18'000 + i % 100);
  }
  MemoryTable table;
  table.add("ends", text).add("born", days).declare(Kind::date).add("change", days);
  const auto profiles = profile(table);
  EXPECT_TRUE(says(column(profiles, "ends").warnings, "9999-12-31 occurs 15 times"));
  EXPECT_TRUE(says(column(profiles, "born").warnings, "1900-01-01 occurs 10 times"));
  EXPECT_TRUE(column(profiles, "change").warnings.empty());
}

TEST(Profile, FindsSpellingsOfOneLevelAndNumbersAmongLabels) {
  std::vector<std::string> city, answer, numbers;
  for (int i = 0; i < 60; ++i) {
    city.emplace_back(i % 3 == 0 ? "New York" : i % 3 == 1 ? "new  york" : "Oslo");
    answer.emplace_back(i % 5 == 4 ? "love it" : std::to_string(i % 5));
    numbers.push_back(std::to_string(i % 5));
  }
  MemoryTable table;
  table.add("city", city).add("answer", answer).add("numbers", numbers);
  const auto profiles = profile(table);
  EXPECT_TRUE(says(column(profiles, "city").warnings, "'New York' (20) and 'new  york' (20)"));
  EXPECT_TRUE(says(column(profiles, "answer").warnings, "4 of 5 levels are numbers, but not 'love it'"));
  EXPECT_TRUE(says(column(profiles, "numbers").warnings, "number stored as text"));
}

TEST(Profile, TextDatesAreDays) {
  MemoryTable table;
  table.add("seen", std::vector<std::string>{"", "1970-01-02", "1970-01-11", "1969-12-31"})
      .add("mixed", std::vector<std::string>{"1970-01-02", "soon", "1970-01-11", "1969-12-31"});
  const auto profiles = profile(table);
  const ColumnProfile& seen = column(profiles, "seen");
  EXPECT_EQ(seen.kind, Kind::date);
  EXPECT_EQ(seen.min, -1.0);
  EXPECT_EQ(seen.max, 10.0);
  EXPECT_DOUBLE_EQ(seen.mean, 10.0 / 3.0);
  EXPECT_EQ(seen.missing, 1);
  EXPECT_EQ(column(profiles, "mixed").kind, Kind::nominal);
}

TEST(Profile, ATableWithoutRowsOrValuesHasAProfile) {
  MemoryTable empty;
  empty.add("x", std::vector<double>{}).add("t", std::vector<std::string>{});
  EXPECT_EQ(profile(empty).size(), 2U);
  MemoryTable hollow;
  hollow.add("x", std::vector<double>(5000, kNaN)).add("t", std::vector<std::string>(5000));
  const auto profiles = profile(hollow);
  EXPECT_EQ(column(profiles, "x").missing, 5000);
  EXPECT_EQ(column(profiles, "x").role, Role::ignore);
  EXPECT_THAT(column(profiles, "t").reason, HasSubstr("every cell is missing"));
}

TEST(Profile, AnEarlyGapMovesThePivotButNotTheNumbers) {
  // The first finite value stands in the third block, so that early chunks know no pivot.
  std::vector<double> late(12'000, kNaN);
  for (std::size_t i = 9000; i < late.size(); ++i) late[i] = static_cast<double>(i % 100);
  MemoryTable table;
  table.add("late", late);
  const auto whole = profile(table);
  const auto blocks = profile(table, {}, 2, 1);  // a budget of nothing: one block at a time
  EXPECT_DOUBLE_EQ(column(whole, "late").mean, 49.5);
  EXPECT_EQ(column(whole, "late").mean, column(blocks, "late").mean);
  EXPECT_EQ(column(whole, "late").sd, column(blocks, "late").sd);
}

}  // namespace
}  // namespace tessera
