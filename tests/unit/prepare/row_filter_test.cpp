// SPDX-License-Identifier: Apache-2.0
#include "prepare/row_filter.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/memory_table.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

testing::MemoryTable make_table() {
  testing::MemoryTable table;
  table.add("Quantity", std::vector<std::int32_t>{6, 0, -2, 10});
  table.add("unit price", std::vector<double>{2.55, kMissing, 1.0, 0.0});
  table.add("Country", std::vector<std::string>{"France", "", "EIRE", "it's"});
  table.add("day", std::vector<double>{0.0, 1.0, 365.5, kMissing}).declare(Kind::date);
  table.add("price32", std::vector<float>{2.55F, 1.0F, 0.1F, 0.0F});
  table.add("a`b\"c", std::vector<std::int8_t>{1, 2, 3, 4});
  return table;
}

std::vector<int> rows_of(const std::string& condition) {
  testing::MemoryTable table = make_table();
  ColumnPicks picks(table.info());
  const RowFilter filter(condition, "--where", picks);
  RawChunk chunk;
  table.read(0, 4, picks.columns(), chunk);
  std::vector<std::int8_t> keep;
  filter.apply(chunk, keep);
  std::vector<int> rows;
  for (int i = 0; i < 4; ++i) {
    if (keep[static_cast<std::size_t>(i)] == 1) rows.push_back(i);
  }
  return rows;
}

std::string refusal_of(const std::string& condition, ErrorCode code = ErrorCode::usage) {
  try {
    (void)rows_of(condition);
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.code(), code) << condition;
    EXPECT_FALSE(error.advice().empty());
    return error.what();
  }
  ADD_FAILURE() << condition << " was accepted";
  return {};
}

TEST(RowFilter, ComparesNumbersTextAndDates) {
  EXPECT_THAT(rows_of(""), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(rows_of("Quantity>0"), ElementsAre(0, 3));
  EXPECT_THAT(rows_of("Quantity >= 0 and Quantity<>10"), ElementsAre(0, 1));
  EXPECT_THAT(rows_of("`unit price` = 2.55 OR \"unit price\" == 0e0"), ElementsAre(0, 3));
  EXPECT_THAT(rows_of("Quantity=-2 or Quantity = .6e1"), ElementsAre(0, 2));
  EXPECT_THAT(rows_of("Country = 'EIRE' or Country='it''s'"), ElementsAre(2, 3));
  EXPECT_THAT(rows_of("Country < 'F'"), ElementsAre(2));
  EXPECT_THAT(rows_of("day >= '1970-01-02' and day < '1971-01-01 13:00'"), ElementsAre(1, 2));
  EXPECT_THAT(rows_of("price32 = 2.55 or price32 = 0.1"), ElementsAre(0, 2));
  EXPECT_THAT(rows_of("`a``b\"c` > 3"), ElementsAre(3));
  EXPECT_THAT(rows_of("\"a`b\"\"c\" < 2"), ElementsAre(0));
}

TEST(RowFilter, NotBindsTighterThanAndTighterThanOr) {
  EXPECT_THAT(rows_of("Quantity=6 or Quantity=0 and Quantity=10"), ElementsAre(0));
  EXPECT_THAT(rows_of("(Quantity=6 or Quantity=0) and Quantity<5"), ElementsAre(1));
  EXPECT_THAT(rows_of("not Quantity=6 and Quantity>=0"), ElementsAre(1, 3));
  EXPECT_THAT(rows_of("not(Quantity=6 or Quantity>=0)"), ElementsAre(2));
}

TEST(RowFilter, WhatIsMissingIsNeitherEqualNorUnequal) {
  EXPECT_THAT(rows_of("`unit price` is missing"), ElementsAre(1));
  EXPECT_THAT(rows_of("Country IS NOT MISSING"), ElementsAre(0, 2, 3));
  EXPECT_THAT(rows_of("`unit price` != 1"), ElementsAre(0, 3));
  EXPECT_THAT(rows_of("not `unit price` = 1"), ElementsAre(0, 3));
  EXPECT_THAT(rows_of("not (`unit price` = 1) or Quantity = 0"), ElementsAre(0, 1, 3));
  EXPECT_THAT(rows_of("not (Country = 'France' and Quantity = 99)"), ElementsAre(0, 1, 2, 3));
}

TEST(RowFilter, ErrorsPointAtThePlace) {
  EXPECT_THAT(refusal_of("Quantity>>0"), HasSubstr("at character 10, '>0'"));
  EXPECT_THAT(refusal_of("Quantity"), HasSubstr("at its end"));
  EXPECT_THAT(refusal_of("Quantity > 5x"), HasSubstr("at character 12, '5x'"));
  EXPECT_THAT(refusal_of("Quantity > inf"), HasSubstr("expected a number"));
  EXPECT_THAT(refusal_of("Quantity > Quantity"), HasSubstr("expected a number"));
  EXPECT_THAT(refusal_of("(Quantity > 5"), HasSubstr("expected ')'"));
  EXPECT_THAT(refusal_of("Quantity > 5)"), HasSubstr("at character 13, ')'"));
  EXPECT_THAT(refusal_of("Country = 'x"), HasSubstr("a closing '"));
  EXPECT_THAT(refusal_of("Größe ~ 1"), HasSubstr("at character 7, '~ 1'"));
  EXPECT_THAT(refusal_of("Quantity is absent"), HasSubstr("'missing'"));
  EXPECT_THAT(refusal_of("Quantity > 1e999"), HasSubstr("a number"));
  EXPECT_THAT(refusal_of(std::string(100'000, '(')), HasSubstr("nested"));
  EXPECT_THAT(refusal_of("Quantiy > 0", ErrorCode::config), HasSubstr("'Quantiy'"));
  EXPECT_THAT(refusal_of("Country > 0", ErrorCode::config), HasSubstr("holds text"));
  EXPECT_THAT(refusal_of("Quantity > '0'", ErrorCode::config), HasSubstr("holds numbers"));
  EXPECT_THAT(refusal_of("day > '31.12.2020'", ErrorCode::config), HasSubstr("dates"));
}

TEST(RowFilter, AnySequenceOfTokensIsParsedOrRefused) {
  const std::vector<std::string> tokens = {
      "Quantity", "`unit price`", "Country", ">", "=", "<=", "0", "-1.5", "'x'", "and", "or",
      "not",      "is",           "missing", "(", ")", "`",  "'", "\xC3", "",    "e5"};
  std::mt19937_64 random(7);
  int parsed = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string text;
    for (std::uint64_t n = random() % 9; n > 0; --n) text += tokens[random() % tokens.size()] + (random() % 4 == 0 ? "" : " ");
    try {
      (void)parse_filter(text, "--where");
      ++parsed;
    } catch (const ConfigError& error) {
      ASSERT_EQ(error.code(), ErrorCode::usage) << text;
    }
  }
  EXPECT_GT(parsed, 10);
  EXPECT_LT(parsed, 10'000);
}

/// A random condition and, row by row, what it means: -1 false, 0 unknown, 1 true.
struct Sample {
  std::string text;
  std::vector<int> truth;
};

Sample make_sample(std::mt19937_64& random, int depth) {
  const std::vector<double> quantity = {6, 0, -2, 10};
  const std::vector<double> price = {2.55, kMissing, 1.0, 0.0};
  Sample sample;
  const auto form = depth == 0 ? 0 : random() % 4;
  if (form == 0) {
    const bool of_price = random() % 2 == 0;
    const double bound = static_cast<double>(random() % 4) - 1.0;
    sample.text = (of_price ? "`unit price`>" : "Quantity >") + std::to_string(bound);
    for (const double x : of_price ? price : quantity) sample.truth.push_back(std::isnan(x) ? 0 : x > bound ? 1 : -1);
  } else if (form == 1) {
    sample = make_sample(random, depth - 1);
    sample.text = "not (" + sample.text + ")";
    for (int& t : sample.truth) t = -t;
  } else {
    const Sample left = make_sample(random, depth - 1), right = make_sample(random, depth - 1);
    sample.text = "(" + left.text + ")" + (form == 2 ? "and" : "or") + "(" + right.text + ")";
    for (std::size_t i = 0; i < 4; ++i) {
      sample.truth.push_back(form == 2 ? std::min(left.truth[i], right.truth[i]) : std::max(left.truth[i], right.truth[i]));
    }
  }
  return sample;
}

TEST(RowFilter, EqualsAPlainEvaluationOfRandomConditions) {
  std::mt19937_64 random(11);
  for (int trial = 0; trial < 500; ++trial) {
    const Sample sample = make_sample(random, 5);
    std::vector<int> wanted;
    for (int i = 0; i < 4; ++i) {
      if (sample.truth[static_cast<std::size_t>(i)] == 1) wanted.push_back(i);
    }
    ASSERT_EQ(rows_of(sample.text), wanted) << sample.text;
  }
}

TEST(RowProduct, MultipliesColumnsAndKnowsNamesWithSigns) {
  testing::MemoryTable table = make_table();
  table.add("net*2", std::vector<std::int16_t>{1, 2, 3, 4});
  const auto values_of = [&](const std::string& text) {
    ColumnPicks picks(table.info());
    const RowProduct product(text, "--amount", picks);
    RawChunk chunk;
    table.read(0, 4, picks.columns(), chunk);
    std::vector<double> values;
    product.apply(chunk, values);
    return values;
  };
  EXPECT_THAT(values_of("Quantity*`unit price`"), ElementsAre(6 * 2.55, ::testing::IsNan(), -2.0, 0.0));
  EXPECT_THAT(values_of("unit price"), ElementsAre(2.55, ::testing::IsNan(), 1.0, 0.0));
  EXPECT_THAT(values_of("net*2"), ElementsAre(1.0, 2.0, 3.0, 4.0));
  EXPECT_THAT(values_of("Quantity * Quantity*Quantity"), ElementsAre(216.0, 0.0, -8.0, 1000.0));
  for (const char* text : {"Quantity+1", "Quantity*", "*Quantity", "Quantity*2", ""})
    EXPECT_THROW(values_of(text), ConfigError) << text;
  for (const char* text : {"Country", "day", "Quantity*Country"}) EXPECT_THROW(values_of(text), ConfigError) << text;
}

}  // namespace
}  // namespace tessera
