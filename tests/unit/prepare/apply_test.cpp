// SPDX-License-Identifier: Apache-2.0
#include "prepare/apply.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "exact/grid.hpp"
#include "exact/log1p.hpp"
#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"
#include "tessera/backend.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::apply;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::learn;
using testing::MemoryTable;
using testing::PreparedTable;
using testing::source;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One cell at a time, straight from the definition in prepare.hpp.
float naive_cell(const FeaturePlan& plan, const FeatureSource& s, double x) {
  if (s.kind == Kind::date) x = plan.as_of_days - x;
  const double fill = s.kind == Kind::date ? plan.as_of_days - s.fill : s.fill;
  if (!std::isfinite(x)) x = fill;
  double y = x;
  if (s.transform == Transform::log1p) y = x < 0 ? -exact::log1p(-x) : exact::log1p(x);
  const double value = (y - s.center) / s.scale * s.block_factor;
  return exact::to_grid(value, exact::make_grid(plan.grid_exponent[static_cast<std::size_t>(s.first_feature)]));
}

TEST(Apply, EqualsTheNaiveTwin) {
  constexpr std::size_t kRows = 10'000;
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> draw(2.0, 1.2);
  std::vector<double> amount(kRows);
  std::vector<float> single(kRows);
  std::vector<std::int16_t> count(kRows);
  std::vector<std::int32_t> day(kRows);
  std::vector<std::uint8_t> flag(kRows);
  std::vector<std::string> city(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    amount[i] = i % 31 == 0 ? kNaN : i % 97 == 0 ? kInfinity : draw(random);
    single[i] = static_cast<float>(draw(random) - 5.0);
    count[i] = static_cast<std::int16_t>(random() % 300);
    day[i] = static_cast<std::int32_t>(18'000 + random() % 900);
    flag[i] = static_cast<std::uint8_t>(random() % 5 == 0);
    city[i] = i % 53 == 0 ? "" : std::string("city") + std::to_string(random() % 6);
  }
  MemoryTable table;
  table.add("amount", amount).add("single", single).add("count", count).add("day", day).declare(Kind::date).add("flag", flag);
  table.add("city", city);
  PrepareOptions options;
  options.top_levels = 4;
  options.blocks = {{"b", 3.0, {"count", "city"}}};
  const FeaturePlan plan = learn(table, options);
  ASSERT_EQ(plan.features(), 5 + 5);
  ASSERT_EQ(source(plan, "amount").transform, Transform::log1p);
  for (const bool interleaved : {false, true}) {
    table.set_interleaved(interleaved);
    const PreparedTable prepared = apply(plan, table, 3);
    EXPECT_TRUE(prepared.weights.empty());
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto row = static_cast<std::int64_t>(i);
      const std::vector<double> cells = {amount[i], static_cast<double>(single[i]), static_cast<double>(count[i]),
                                         static_cast<double>(day[i]), static_cast<double>(flag[i])};
      for (std::size_t j = 0; j < cells.size(); ++j) {
        ASSERT_EQ(prepared.rows(row, static_cast<std::int64_t>(j)), naive_cell(plan, plan.sources[j], cells[j]))
            << i << " " << j;
      }
      const FeatureSource& levels = source(plan, "city");
      std::size_t hot = 0;
      while (hot < levels.levels.size() && levels.levels[hot] != city[i]) ++hot;
      if (city[i].empty()) hot = 0;
      for (std::size_t j = 0; j < 5; ++j) {
        const float expected = j == hot ? static_cast<float>(std::sqrt(1.5)) : 0.0F;
        ASSERT_NEAR(prepared.rows(row, static_cast<std::int64_t>(5 + j)), expected, 1e-7F);
      }
      const bool incomplete = !std::isfinite(amount[i]) || city[i].empty();
      ASSERT_EQ(prepared.flags[i], incomplete ? kFlagIncomplete : 0);
    }
  }
}

TEST(Apply, LevelsAreADistanceOfOneApartAndEqualAcrossColumns) {
  MemoryTable table;
  table.add("a", std::vector<std::string>{"x", "y", "z", "x"}).add("b", std::vector<std::string>{"p", "q", "p", "q"});
  const FeaturePlan plan = learn(table);
  const PreparedTable prepared = apply(plan, table);
  const auto distance2 = [&](std::int64_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t f = 0; f < 5; ++f) {
      const double d = static_cast<double>(prepared.rows(i, f)) - static_cast<double>(prepared.rows(j, f));
      sum += d * d;
    }
    return sum;
  };
  EXPECT_NEAR(distance2(0, 1), 2.0, 1e-6);
  EXPECT_NEAR(distance2(0, 2), 1.0, 1e-6);
  EXPECT_EQ(distance2(0, 2), distance2(0, 3)) << "one difference is one difference, whatever the column: ties are exact";
}

TEST(Apply, EveryCellLiesOnItsGrid) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> draw(1e6, 1.0);
  std::vector<double> x(5000);
  for (double& v : x) v = draw(random);
  MemoryTable table;
  table.add("x", x);
  const FeaturePlan plan = learn(table);
  const PreparedTable prepared = apply(plan, table);
  double largest = 0.0;
  for (std::int64_t i = 0; i < 5000; ++i) {
    const double units = std::ldexp(static_cast<double>(prepared.rows(i, 0)), -plan.grid_exponent[0]);
    ASSERT_EQ(units, std::rint(units));
    largest = std::max(largest, std::fabs(static_cast<double>(prepared.rows(i, 0))));
  }
  EXPECT_LE(largest, std::ldexp(1.0, plan.grid_exponent[0] + exact::kGridBits));
  EXPECT_GT(largest, std::ldexp(1.0, plan.grid_exponent[0] + exact::kGridBits - 1)) << "not a bit is given away";
}

TEST(Apply, NewCustomersBeyondWhatWasLearned) {
  MemoryTable table, fresh;
  std::vector<double> amounts(200);
  std::mt19937_64 random(4);
  std::lognormal_distribution<double> draw(2.0, 1.5);
  for (double& x : amounts) x = draw(random);
  std::vector<std::string> city(200), plan_name(200);
  for (std::size_t i = 0; i < 200; ++i) {
    city[i] = i % 3 == 0 ? "Rome" : "Oslo";
    plan_name[i] = "plan" + std::to_string(i % 4);
  }
  table.add("amounts", amounts).add("city", city).add("plan", plan_name);
  PrepareOptions options;
  options.top_levels = 2;
  const FeaturePlan plan = learn(table, options);
  fresh.add("extra", std::vector<double>(6, 0.0))
      .add("plan", std::vector<std::string>{"plan0", "plan0", "new", "", "plan0", "plan3"})
      .add("city", std::vector<std::string>{"Rome", "Bern", "Oslo", "Oslo", "Oslo", ""})
      .add("amounts", std::vector<double>{-5.0, 1e308, 3.0, kNaN, -kInfinity, 1e300});
  const PreparedTable prepared = apply(plan, fresh);
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t j = 0; j < plan.features(); ++j) EXPECT_TRUE(std::isfinite(prepared.rows(i, j))) << i << " " << j;
  }
  EXPECT_LT(prepared.rows(0, 0), prepared.rows(2, 0)) << "a negative amount lies below all others";
  EXPECT_EQ(prepared.rows(1, 1), 0.0F) << "an unseen level, and no other: nearer to none";
  EXPECT_EQ(prepared.rows(1, 2), 0.0F);
  const FeatureSource& plans = source(plan, "plan");
  EXPECT_GT(prepared.rows(2, plans.first_feature + 2), 0.5F) << "an unseen level counts as other where there is one";
  EXPECT_THAT(prepared.flags, ElementsAre(0, kFlagIncomplete, 0, kFlagIncomplete, kFlagIncomplete, kFlagIncomplete));
}

TEST(Apply, CodesAndTheirTextAreTheSameLevels) {
  MemoryTable codes, text;
  codes.add("region_code", std::vector<std::int32_t>{3, 1, 3, 2, 3, 1}).declare(Kind::nominal);
  text.add("region_code", std::vector<std::string>{"3", "1", "3", "2", "3", "1"});
  const FeaturePlan plan = learn(codes);
  EXPECT_THAT(source(plan, "region_code").levels, ElementsAre("3", "1", "2"));
  EXPECT_EQ(apply(plan, codes).rows, apply(plan, text).rows);
  EXPECT_EQ(apply(learn(text), text).rows, apply(learn(text), codes).rows);
}

TEST(Apply, DroppedRowsAreRejectedWithWeightZero) {
  MemoryTable table;
  table.add("x", std::vector<double>{1.5, kNaN, 3.5, 9.0}).add("w", std::vector<double>{1.0, 1.0, 0.0, 2.5});
  PrepareOptions options;
  options.missing = MissingPolicy::drop_row;
  options.weights = {"w"};
  const PreparedTable prepared = apply(learn(table, options), table);
  EXPECT_THAT(prepared.weights, ElementsAre(1.0F, 0.0F, 0.0F, 2.5F));
  EXPECT_THAT(prepared.flags, ElementsAre(0, kFlagRejected, 0, 0));
}

/// Numbers of several types, a date, levels with and without "other", some cells missing, row 3 empty.
MemoryTable table_with_gaps(std::size_t rows) {
  std::mt19937_64 random(8);
  std::lognormal_distribution<double> draw(2.0, 1.2);
  const auto gone = [&](std::size_t i, std::size_t step) { return i % step == 3; };
  std::vector<double> amount(rows), day(rows);
  std::vector<float> left(rows), right(rows);
  std::vector<std::string> city(rows), plan(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    amount[i] = gone(i, 13) ? kNaN : draw(random);
    day[i] = gone(i, 17) ? kNaN : static_cast<double>(18'000 + random() % 900);
    left[i] = gone(i, 5) ? std::numeric_limits<float>::infinity() : static_cast<float>(draw(random) - 5.0);
    right[i] = gone(i, 7) ? static_cast<float>(kNaN) : static_cast<float>(draw(random) - 5.0);
    city[i] = gone(i, 11) ? "" : std::string("city") + std::to_string(random() % 6);
    plan[i] = gone(i, 19) ? "" : std::string("plan") + std::to_string(random() % 3);
  }
  MemoryTable table;
  table.add("amount", amount).add("day", day).declare(Kind::date).add("left", left).add("right", right);
  table.add("city", city).add("plan", plan);
  return table;
}

TEST(Apply, GapsStayWhereCellsAreMissing) {
  constexpr std::size_t kRows = 5000;
  MemoryTable table = table_with_gaps(kRows);
  PrepareOptions options;
  options.top_levels = 4;
  options.missing = MissingPolicy::partial;
  FeaturePlan plan = learn(table, options);
  const std::vector<float> fills = fill_values(plan);
  for (const bool interleaved : {false, true}) {
    table.set_interleaved(interleaved);
    plan.missing = MissingPolicy::impute;
    const PreparedTable filled = apply(plan, table);
    for (const MissingPolicy policy : {MissingPolicy::partial, MissingPolicy::em}) {
      plan.missing = policy;
      for (const int threads : {1, 3}) {
        const PreparedTable open = apply(plan, table, threads, threads == 1 ? 0 : 4096);
        for (std::size_t i = 0; i < kRows; ++i) {
          int gaps = 0;
          for (int j = 0; j < plan.features(); ++j) {
            const float value = open.rows(static_cast<std::int64_t>(i), j);
            const float complete = filled.rows(static_cast<std::int64_t>(i), j);
            gaps += std::isnan(value) ? 1 : 0;
            ASSERT_EQ(std::isnan(value) ? fills[static_cast<std::size_t>(j)] : value, complete) << i << " " << j;
          }
          ASSERT_EQ(gaps > 0, filled.flags[i] == kFlagIncomplete) << i;
          const bool empty = gaps == plan.features();
          ASSERT_EQ(empty, i == 3);
          ASSERT_EQ(open.flags[i], empty ? std::uint8_t{kFlagRejected} : filled.flags[i]);
          ASSERT_EQ(open.weights[i], empty ? 0.0F : 1.0F);
        }
        const FeatureSource& city = source(plan, "city");
        ASSERT_TRUE(city.has_other);
        for (int j = 0; j < city.feature_count; ++j) {
          EXPECT_TRUE(std::isnan(open.rows(14, city.first_feature + j))) << "a missing label leaves the whole block open";
        }
      }
    }
  }
}

TEST(Apply, AnUnseenLevelIsNoGap) {
  MemoryTable table, fresh;
  table.add("x", std::vector<double>{1.5, 2.5, 4.0, 1.0}).add("city", std::vector<std::string>{"Rome", "Oslo", "Rome", "Oslo"});
  fresh.add("x", std::vector<double>{kNaN, kNaN}).add("city", std::vector<std::string>{"Bern", ""});
  PrepareOptions options;
  options.missing = MissingPolicy::partial;
  const PreparedTable prepared = apply(learn(table, options), fresh);
  EXPECT_THAT(prepared.flags, ElementsAre(kFlagIncomplete, kFlagRejected));
  EXPECT_EQ(prepared.rows(0, 1), 0.0F);
  EXPECT_EQ(prepared.rows(0, 2), 0.0F);
}

TEST(Apply, ErrorsNameTheFirstRow) {
  std::vector<double> x(20'000), w(20'000, 1.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 11) + 0.25;
  MemoryTable good;
  good.add("x", x).add("w", w);
  PrepareOptions options;
  options.missing = MissingPolicy::error;
  options.weights = {"w"};
  const FeaturePlan plan = learn(good, options);
  x[4097] = x[15'000] = kNaN;
  w[9000] = -1.0;
  MemoryTable missing, negative;
  missing.add("x", x).add("w", w);
  negative.add("x", std::vector<double>(20'000, 1.0)).add("w", w);
  for (const int threads : {1, 4}) {
    try {
      (void)apply(plan, missing, threads);
      FAIL();
    } catch (const DataError& error) {
      EXPECT_EQ(error.location().row, 4097);
      EXPECT_EQ(error.location().column, "x");
    }
    try {
      (void)apply(plan, negative, threads, 8192);
      FAIL();
    } catch (const DataError& error) {
      EXPECT_EQ(error.location().row, 9000);
      EXPECT_EQ(error.location().column, "w");
    }
  }
}

TEST(Apply, ColumnsThatDoNotFitAreAllNamed) {
  MemoryTable table, other;
  table.add("x", std::vector<double>{1.5, 2.5, 4.0})
      .add("y", std::vector<double>{1.5, 2.5, 4.5})
      .add("z", std::vector<double>{3.5, 2.5, 4.5});
  other.add("z", std::vector<double>{1.0}).add("y", std::vector<std::string>{"high"});
  const FeaturePlan plan = learn(table);
  try {
    const Preparer preparer(plan, other.info());
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'x' is missing"));
    EXPECT_THAT(error.what(), HasSubstr("'y' is text"));
  }
}

TEST(Apply, WithoutTheWeightColumnEveryCustomerCountsOnce) {
  MemoryTable table, fresh;
  table.add("x", std::vector<double>{1.5, 2.5, 4.0}).add("w", std::vector<double>{1.0, 2.0, 3.0});
  fresh.add("x", std::vector<double>{1.5});
  PrepareOptions options;
  options.weights = {"w"};
  const FeaturePlan plan = learn(table, options);
  EXPECT_TRUE(Preparer(plan, table.info()).weighted());
  EXPECT_FALSE(Preparer(plan, fresh.info()).weighted());
}

TEST(Originals, NumbersComeBack) {
  MemoryTable table;
  std::vector<double> amounts(500), plain(500);
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> draw(2.0, 1.5);
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    amounts[i] = draw(random);
    plain[i] = 40.0 + draw(random) / 100.0;
  }
  std::vector<std::int32_t> day(500);
  for (std::size_t i = 0; i < day.size(); ++i) day[i] = static_cast<std::int32_t>(18'000 + i * 37 % 400);
  table.add("amounts", amounts).add("plain", plain).add("day", day).declare(Kind::date);
  table.add("flag", std::vector<std::uint8_t>(500, 0));
  std::vector<std::string> city(500);
  for (std::size_t i = 0; i < city.size(); ++i) city[i] = i % 5 < 3 ? "Rome" : "Oslo";
  table.add("city", city);
  PrepareOptions options;
  options.blocks = {{"b", 0.3, {"amounts", "city"}}};
  const FeaturePlan plan = learn(table, options);
  const PreparedTable prepared = apply(plan, table);
  ASSERT_EQ(plan.sources.size(), 4U);
  const auto originals = to_original_units(plan, prepared.rows.view().slice(0, 10));
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(originals[i].values[0], amounts[i], 1e-5 * amounts[i]);
    EXPECT_NEAR(originals[i].values[1], plain[i], 1e-5);
    EXPECT_NEAR(originals[i].values[2], day[i], 1e-3);
    EXPECT_EQ(originals[i].values[3], city[i] == "Rome" ? 0.0 : 1.0);
    EXPECT_TRUE(originals[i].shares[0].empty());
    EXPECT_NEAR(originals[i].shares[3][city[i] == "Rome" ? 0 : 1], 1.0, 1e-12);
  }
  Matrix<double> given(10, 4);
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const std::vector<double> values = {amounts[row], plain[row], static_cast<double>(day[row]),
                                        city[row] == "Rome" ? 0.0 : 1.0};
    std::copy(values.begin(), values.end(), given.row(i).begin());
  }
  const Matrix<float> again = from_original_units(plan, given.view());
  for (std::int64_t i = 0; i < 10; ++i) {
    for (std::int64_t j = 0; j < plan.features(); ++j) EXPECT_EQ(again(i, j), prepared.rows(i, j)) << i << " " << j;
  }
  given(0, 3) = 2.0;
  EXPECT_THROW((void)from_original_units(plan, given.view()), DataError);
  given(0, 3) = 0.0;
  given(1, 0) = kNaN;
  EXPECT_THROW((void)from_original_units(plan, given.view()), DataError);
}

TEST(Originals, SharesOfAMeanAddUpToOne) {
  MemoryTable table;
  table.add("city", std::vector<std::string>{"a", "b", "c", "a", "b", "a", "a", "c"});
  const FeaturePlan plan = learn(table);
  Matrix<float> centroid(1, 3);
  const float one = static_cast<float>(1.0 / std::sqrt(2.0));
  centroid(0, 0) = 0.5F * one;
  centroid(0, 1) = 0.3F * one;
  centroid(0, 2) = -1e-9F;
  const auto shares = to_original_units(plan, centroid.view())[0].shares[0];
  EXPECT_NEAR(shares[0], 0.625, 1e-6);
  EXPECT_NEAR(shares[1], 0.375, 1e-6);
  EXPECT_EQ(shares[2], 0.0);
}

}  // namespace
}  // namespace tessera
