// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "support/correlation_run.hpp"
#include "support/memory_table.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::correlate_rows;
using ::testing::HasSubstr;
using testing::MemoryTable;
using Numbers = std::vector<double>;

constexpr double kGap = std::numeric_limits<double>::quiet_NaN();
const Numbers kSome = {1.5, 2.0, 7.0, 3.0}, kOther = {2.0, 8.5, 1.0, 4.0};

CorrelateOptions all_columns() { return {.prepare = {.features = {"x", "y", "z"}}}; }

/// What correlating the table says; "" if it succeeds.
std::string error_of(MemoryTable table, const CorrelateOptions& options = all_columns()) {
  try {
    static_cast<void>(correlate_rows(table, options));
    return "";
  } catch (const Error& error) {
    EXPECT_FALSE(error.advice().empty());
    return error.what();
  }
}

MemoryTable table_of(const Numbers& x, const Numbers& y, const Numbers& z) {
  MemoryTable table;
  table.add("x", x).add("y", y).add("z", z);
  return table;
}

std::string reason(const CorrelationTable& table, const std::string& column) {
  for (const auto& [name, why] : table.left_out) {
    if (name == column) return why;
  }
  return "";
}

TEST(CorrelateErrors, ColumnsWithNothingToSayAreLeftOutByName) {
  const Numbers gaps(4, kGap), constant(4, 3.0);
  MemoryTable table = table_of(kSome, gaps, kOther);
  const CorrelationTable without_gaps = correlate_rows(table, all_columns());
  ASSERT_EQ(without_gaps.variables.size(), 2U);
  EXPECT_THAT(reason(without_gaps, "y"), HasSubstr("missing"));
  MemoryTable flat = table_of(constant, kSome, kOther);
  EXPECT_THAT(reason(correlate_rows(flat, all_columns()), "x"), HasSubstr("constant"));
  EXPECT_THAT(error_of(table_of(constant, gaps, kSome)),
              AllOf(HasSubstr("one of the columns"), HasSubstr("x: constant"), HasSubstr("y: ")));
  EXPECT_THAT(error_of(table_of(constant, gaps, constant)), HasSubstr("none of the columns"));
}

TEST(CorrelateErrors, CategoriesArePointedToTheMethodThatTakesThem) {
  MemoryTable table;
  table.add("x", kSome).add("y", kOther).add("z", std::vector<std::string>{"a", "b", "c", "a"});
  const CorrelationTable result = correlate_rows(table, all_columns());
  EXPECT_THAT(reason(result, "z"), HasSubstr("--method mixed"));
}

TEST(CorrelateErrors, TwoLevelsCountAsZeroAndOne) {
  MemoryTable table;
  table.add("x", kSome).add("y", std::vector<std::string>{"no", "no", "yes", "no"});
  const CorrelationTable result = correlate_rows(table, {.prepare = {.features = {"x", "y"}}});
  EXPECT_EQ(result.variables[1].name, "y=yes");
  EXPECT_NEAR(result.groups[0].r(0, 1), testing::naive_correlation(kSome, {0, 0, 1, 0}), 1e-15);
}

TEST(CorrelateErrors, TooFewRows) {
  EXPECT_THAT(error_of(table_of({1.0}, {2.0}, {3.0})), HasSubstr("one row"));
  EXPECT_THAT(error_of(table_of({}, {}, {})), HasSubstr("no rows"));
  MemoryTable two = table_of({1.0, 2.0}, {2.0, 1.0}, {3.0, 5.0});
  const CorrelationGroup group = correlate_rows(two, all_columns()).groups.front();
  EXPECT_DOUBLE_EQ(group.r(0, 1), -1.0);
  EXPECT_TRUE(std::isnan(group.p(0, 1)));
  EXPECT_TRUE(std::isnan(group.low(0, 1)));
}

TEST(CorrelateErrors, ListwiseNamesTheColumnWithMostGaps) {
  CorrelateOptions options = all_columns();
  options.listwise = true;
  EXPECT_THAT(error_of(table_of({1, kGap, 2, 3}, {kGap, 5, 4, kGap}, {1, 2, kGap, 4}), options),
              AllOf(HasSubstr("no row has every column"), HasSubstr("'y'")));
}

TEST(CorrelateErrors, WeightsOfZero) {
  MemoryTable table = table_of(kSome, kOther, kSome);
  table.add("w", Numbers(4, 0.0)).declare(std::nullopt, Role::weight);
  EXPECT_THAT(error_of(std::move(table)), AllOf(HasSubstr("every weight is 0"), HasSubstr("'w'")));
  MemoryTable one = table_of(kSome, kOther, kSome);
  one.add("w", Numbers{0, 2, 0, 0}).declare(std::nullopt, Role::weight);
  EXPECT_THAT(error_of(std::move(one)), HasSubstr("only one row has a weight"));
}

}  // namespace
}  // namespace tessera
