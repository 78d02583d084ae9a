// SPDX-License-Identifier: Apache-2.0
#include "prepare/learn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::learn;
using testing::MemoryTable;
using testing::says;
using testing::source;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> lognormals(std::size_t n, std::uint64_t seed, double zero_share = 0.0) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> draw(3.0, 1.5);
  std::uniform_real_distribution<double> uniform;
  std::vector<double> values(n);
  for (double& x : values) x = uniform(random) < zero_share ? 0.0 : draw(random);
  return values;
}

TEST(Learn, TheMedianFillsAndCountsInMeanAndScale) {
  MemoryTable table;
  table.add("x", std::vector<double>{1.5, kNaN, 2.5, 4.5, 11.5, kNaN});
  const FeaturePlan plan = learn(table);
  const FeatureSource& x = source(plan, "x");
  EXPECT_EQ(x.fill, 3.5);
  EXPECT_EQ(x.missing, 2);
  const std::vector<double> filled = {1.5, 3.5, 2.5, 4.5, 11.5, 3.5};
  double mean = 0.0, square = 0.0;
  for (const double v : filled) mean += v / 6.0;
  for (const double v : filled) square += (v - mean) * (v - mean) / 6.0;
  EXPECT_NEAR(x.center, mean, 1e-14);
  EXPECT_NEAR(x.scale, std::sqrt(square), 1e-14);
  EXPECT_TRUE(says(plan.decisions, "x: 2 missing cells (33%) filled with the median, 3.5"));
}

TEST(Learn, SkewedAmountsAreLoggedAndSayTheirZeros) {
  MemoryTable table;
  std::vector<double> amounts = lognormals(4000, 1, 0.25), negative = lognormals(4000, 2), even(4000);
  negative[7] = -1.0;
  for (std::size_t i = 0; i < even.size(); ++i) even[i] = 0.5 + static_cast<double>(i % 100);
  table.add("amounts", amounts).add("negative", negative).add("even", even);
  const FeaturePlan plan = learn(table);
  EXPECT_EQ(source(plan, "amounts").transform, Transform::log1p);
  EXPECT_LT(std::fabs(source(plan, "amounts").transformed_skew), 1.0);
  EXPECT_GT(source(plan, "amounts").skew, 2.0);
  EXPECT_NEAR(source(plan, "amounts").zero_share, 0.25, 0.03);
  EXPECT_EQ(source(plan, "negative").transform, Transform::none);
  EXPECT_EQ(source(plan, "even").transform, Transform::none);
  EXPECT_TRUE(says(plan.decisions, "amounts: log1p taken, skew"));
  EXPECT_TRUE(says(plan.decisions, "% of the cells are zero"));
  double mean = 0.0;
  for (const double x : amounts) mean += std::log1p(x) / 4000.0;
  EXPECT_NEAR(source(plan, "amounts").center, mean, 1e-12);

  PrepareOptions none;
  none.transform = TransformPolicy::none;
  EXPECT_EQ(source(learn(table, none), "amounts").transform, Transform::none);
  PrepareOptions listed;
  listed.transform = TransformPolicy::listed;
  listed.log1p_columns = {"even"};
  EXPECT_EQ(source(learn(table, listed), "even").transform, Transform::log1p);
  EXPECT_EQ(source(learn(table, listed), "amounts").transform, Transform::none);
  listed.log1p_columns = {"negative"};
  EXPECT_THROW((void)learn(table, listed), ConfigError);
}

TEST(Learn, LogsThatDoNothingAreNotTaken) {
  std::vector<double> tiny = lognormals(2000, 3);
  for (double& x : tiny) x *= 1e-9;
  MemoryTable table;
  table.add("tiny", tiny);
  EXPECT_EQ(source(learn(table), "tiny").transform, Transform::none);
}

TEST(Learn, RobustScalingTakesMedianAndQuartiles) {
  MemoryTable table;
  table.add("x", std::vector<double>{0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 1000.5})
      .add("mostly", std::vector<double>{0, 0, 0, 0, 0, 0, 0, 9.25});
  PrepareOptions options;
  options.scale = ScalePolicy::robust;
  options.transform = TransformPolicy::none;
  const FeaturePlan plan = learn(table, options);
  EXPECT_EQ(source(plan, "x").center, 4.0);
  EXPECT_NEAR(source(plan, "x").scale, (6.0 - 2.0) / 1.3489795003921634, 1e-15);
  EXPECT_NEAR(source(plan, "mostly").scale, 9.25 * std::sqrt(7.0) / 8.0, 1e-14)
      << "the standard deviation, as the quartiles are equal";
  EXPECT_TRUE(says(plan.decisions, "mostly: the middle half of the values are equal"));
}

TEST(Learn, WithoutScalingTheCenterKeepsWholeNumbersWhole) {
  MemoryTable table;
  table.add("x", std::vector<std::int32_t>{664159, 665845, 597173, 618600, 19835})
      .add("y", std::vector<double>{5.5, 1e6, 2e6, 3.25, 7.0});
  PrepareOptions options;
  options.scale = ScalePolicy::none;
  options.transform = TransformPolicy::none;
  const FeaturePlan plan = learn(table, options);
  EXPECT_EQ(source(plan, "x").scale, 1.0);
  EXPECT_EQ(std::fmod(source(plan, "x").center, 4096.0), 0.0);
  EXPECT_NEAR(source(plan, "x").center, 513122.4, 4096.0);
  const testing::PreparedTable prepared = testing::apply(plan, table);
  EXPECT_EQ(static_cast<double>(prepared.rows(0, 0)) + source(plan, "x").center, 664159.0);
  EXPECT_EQ(static_cast<double>(prepared.rows(3, 1)) + source(plan, "y").center, 3.25);
}

TEST(Learn, LevelsAreOneHotWithADistanceOfOne) {
  MemoryTable table;
  table.add("city", std::vector<std::string>{"Rome", "Oslo", "Rome", "Bern", "", "Rome", "Oslo", "Kiel"})
      .add("sex", std::vector<std::string>{"f", "m", "f", "m", "f", "f", "m", "m"});
  PrepareOptions options;
  options.top_levels = 2;
  const FeaturePlan plan = learn(table, options);
  EXPECT_THAT(plan.feature_names, ElementsAre("city=Rome", "city=Oslo", "city=other", "sex=f", "sex=m"));
  const FeatureSource& city = source(plan, "city");
  EXPECT_THAT(city.levels, ElementsAre("Rome", "Oslo"));
  EXPECT_TRUE(city.has_other);
  EXPECT_EQ(city.fill_level, 0);
  EXPECT_EQ(source(plan, "sex").first_feature, 3);
  EXPECT_TRUE(says(plan.decisions, "city: the 2 most frequent of 4 levels are kept, the rest (28.6% of the rows) are 'other'"));
  EXPECT_TRUE(says(plan.decisions, "city: 1 missing cell filled with the most frequent level, 'Rome'"));
}

TEST(Learn, ALevelCalledOtherKeepsItsName) {
  MemoryTable table;
  table.add("city", std::vector<std::string>{"other", "other", "Oslo", "Oslo", "Rome"});
  PrepareOptions options;
  options.top_levels = 2;
  EXPECT_THAT(learn(table, options).feature_names, ElementsAre("city=Oslo", "city=other", "city=(other levels)"));
}

TEST(Learn, LevelsOfWeightlessRowsAloneMakeNoFeature) {
  MemoryTable table;
  table.add("x", std::vector<double>{1.5, 2.5, 4.5, 7.0})
      .add("city", std::vector<std::string>{"Oslo", "Rome", "", ""})
      .add("w", std::vector<double>{0.0, 0.0, 1.0, 1.0});
  PrepareOptions options;
  options.features = {"x", "city"};
  options.weights = {"w"};
  EXPECT_THAT(learn(table, options).feature_names, ElementsAre("x"));
}

TEST(Learn, DatesCountBackFromTheLatestOrFromAsOf) {
  MemoryTable table;
  table.add("joined", std::vector<std::string>{"2020-01-01", "2020-01-11", "2020-01-06"})
      .add("seen", std::vector<std::int32_t>{18300, 18301, 18303})
      .declare(Kind::date);
  FeaturePlan plan = learn(table);
  EXPECT_EQ(plan.as_of_days, 18303.0);
  EXPECT_EQ(source(plan, "joined").fill, 18267.0) << "the median, in days since 1970";
  EXPECT_NEAR(source(plan, "joined").center, 36.0, 1e-12);
  EXPECT_TRUE(says(plan.decisions, "joined: counted as days before 2020-02-11"));
  PrepareOptions options;
  options.as_of_days = 18400.0;
  plan = learn(table, options);
  EXPECT_NEAR(source(plan, "seen").center, 400.0 / 3.0 - 100.0 / 3.0 - 1.0 / 3.0 - 1.0, 1.0);
  EXPECT_EQ(plan.as_of_days, 18400.0);
}

TEST(Learn, BlocksMultiplySquaredDistances) {
  MemoryTable table;
  table.add("a1", lognormals(100, 4)).add("a2", lognormals(100, 5)).add("b", lognormals(100, 6));
  PrepareOptions options;
  options.blocks = {{"spend", 0.25, {"a*"}}};
  const FeaturePlan plan = learn(table, options);
  EXPECT_EQ(source(plan, "a1").block_factor, 0.5);
  EXPECT_EQ(source(plan, "a2").block_factor, 0.5);
  EXPECT_EQ(source(plan, "b").block_factor, 1.0);
  options.blocks.push_back({"twice", 2.0, {"a1"}});
  EXPECT_THROW((void)learn(table, options), ConfigError);
  options.blocks = {{"nothing", 0.0, {"b"}}};
  EXPECT_THROW((void)learn(table, options), ConfigError);
  options.blocks = {{"unknown", 1.0, {"c"}}};
  EXPECT_THROW((void)learn(table, options), ConfigError);
}

TEST(Learn, WeightsMustBeWeights) {
  const auto learn_with = [](std::vector<double> weights) {
    MemoryTable table;
    table.add("x", std::vector<double>{1.5, 2.5, 3.5, 9.5}).add("w", std::move(weights));
    PrepareOptions options;
    options.weights = {"w"};
    return learn(table, options);
  };
  const FeaturePlan plan = learn_with({1.0, 0.0, 2.0, 0.5});
  EXPECT_EQ(plan.weight_column, "w");
  EXPECT_EQ(plan.largest_weight, 2.0);
  EXPECT_EQ(plan.weight_exponent, 1 - 40);
  EXPECT_NEAR(source(plan, "x").center, (1.5 + 7.0 + 4.75) / 3.5, 1e-15) << "a row of weight zero is not learned from";
  for (const double bad : {-1.0, kNaN, std::numeric_limits<double>::infinity(), 1e39}) {
    try {
      (void)learn_with({1.0, 1.0, bad, bad});
      FAIL() << bad;
    } catch (const DataError& error) {
      EXPECT_EQ(error.location().row, 2);
      EXPECT_EQ(error.location().column, "w");
    }
  }
  EXPECT_THROW((void)learn_with({0.0, 0.0, 0.0, 0.0}), DataError);
}

TEST(Learn, MissingCellsUnderErrorNameTheFirst) {
  std::vector<double> x(6000, 1.0), y(6000, 2.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = y[i] = static_cast<double>(i % 97) + 0.5;
  x[5000] = y[4999] = y[5000] = kNaN;
  MemoryTable table;
  table.add("x", x).add("y", y);
  PrepareOptions options;
  options.missing = MissingPolicy::error;
  try {
    (void)learn(table, options);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_EQ(error.location().row, 4999);
    EXPECT_EQ(error.location().column, "y");
    EXPECT_THAT(error.what(), HasSubstr("x 1, y 2"));
  }
}

TEST(Learn, DroppedRowsAreNotLearnedFrom) {
  MemoryTable table, kept;
  table.add("x", std::vector<double>{1.5, kNaN, 2.5, 4.5, 100.5}).add("t", std::vector<std::string>{"a", "b", "a", "b", ""});
  kept.add("x", std::vector<double>{1.5, 2.5, 4.5}).add("t", std::vector<std::string>{"a", "a", "b"});
  PrepareOptions options;
  options.missing = MissingPolicy::drop_row;
  const FeaturePlan dropped = learn(table, options);
  EXPECT_EQ(source(dropped, "x").center, source(learn(kept), "x").center);
  EXPECT_EQ(source(dropped, "x").scale, source(learn(kept), "x").scale);
  MemoryTable hopeless;
  hopeless.add("x", std::vector<double>{1.5, kNaN, 2.5, kNaN}).add("y", std::vector<double>{kNaN, 2.5, kNaN, 3.5});
  options.features = {"x", "y"};
  EXPECT_THROW((void)learn(hopeless, options), DataError);
}

TEST(Learn, GapsTakeNoPartInScales) {
  MemoryTable table, known;
  std::vector<double> x = {1.5, kNaN, 2.5, 4.5, 100.5, kNaN};
  std::vector<std::string> t = {"a", "", "b", "b", "c", "a"};
  table.add("x", x).add("t", t);
  known.add("x", std::vector<double>{1.5, 2.5, 4.5, 100.5});
  for (const ScalePolicy scale : {ScalePolicy::standard, ScalePolicy::robust, ScalePolicy::none}) {
    for (const MissingPolicy missing : {MissingPolicy::partial, MissingPolicy::em}) {
      PrepareOptions options;
      options.scale = scale;
      options.missing = missing;
      const FeaturePlan plan = learn(table, options);
      EXPECT_EQ(source(plan, "x").center, source(learn(known, options), "x").center);
      EXPECT_EQ(source(plan, "x").scale, source(learn(known, options), "x").scale);
      EXPECT_EQ(source(plan, "x").fill, 3.5) << "what impute would fill is known all the same";
      EXPECT_EQ(source(plan, "x").missing, 2);
      EXPECT_TRUE(says(plan.decisions, missing == MissingPolicy::em ? "x: 2 missing cells (33%) left open"
                                                                    : "x: 2 missing cells (33%) left out of the distances"));
      EXPECT_TRUE(says(plan.decisions, "t: 1 missing cell (17%) left"));
    }
  }
}

TEST(Learn, WithoutGapsEveryPolicyLearnsTheSame) {
  MemoryTable table;
  std::vector<double> x(900);
  std::vector<std::string> t(900);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = std::exp(static_cast<double>(i * 7919 % 900) / 150.0);
    t[i] = std::string("level") + std::to_string(i % 4);
  }
  table.add("x", x).add("t", t);
  const FeaturePlan imputed = learn(table);
  for (const MissingPolicy missing : {MissingPolicy::partial, MissingPolicy::em}) {
    PrepareOptions options;
    options.missing = missing;
    FeaturePlan plan = learn(table, options);
    EXPECT_EQ(testing::apply(plan, table).rows, testing::apply(imputed, table).rows);
    plan.missing = MissingPolicy::impute;
    EXPECT_EQ(plan, imputed);
  }
}

TEST(Learn, ConstantsAreNoFeaturesUnlessAskedFor) {
  MemoryTable table;
  table.add("x", std::vector<double>{1.5, 2.5, 3.5}).add("same", std::vector<double>{7.0, 7.0, 7.0});
  EXPECT_THAT(learn(table).feature_names, ElementsAre("x"));
  PrepareOptions options;
  options.features = {"x", "same"};
  const FeaturePlan plan = learn(table, options);
  EXPECT_EQ(source(plan, "same").scale, 1.0);
  EXPECT_EQ(source(plan, "same").center, 7.0);
  MemoryTable constants;
  constants.add("a", std::vector<double>{1.0, 1.0}).add("b", std::vector<std::string>{"x", "x"});
  try {
    (void)learn(constants);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'a': constant"));
  }
}

TEST(Learn, AnAllMissingColumnIsNeverAFeature) {
  MemoryTable table;
  table.add("x", std::vector<double>{1.5, 2.5, 3.5}).add("hollow", std::vector<double>(3, kNaN));
  PrepareOptions options;
  options.features = {"x", "hollow"};
  const FeaturePlan plan = learn(table, options);
  EXPECT_THAT(plan.feature_names, ElementsAre("x"));
  EXPECT_TRUE(says(plan.decisions, "hollow: ignored, asked for, but every cell is missing"));
}

TEST(Learn, ExtremesStayFinite) {
  MemoryTable table;
  table.add("huge", std::vector<double>{1e38, -1e38, 5e37, 0.0, 2e37})
      .add("beyond", std::vector<double>{1e300, -1e300, 5e299, 0.0, 2e299})
      .add("denormal", std::vector<double>{1e-310, 3e-310, 2e-310, 0.0, 5e-311})
      .add("offset", std::vector<double>{1e6, 1e6 + 1, 1e6 - 1, 1e6 + 2, 1e6 - 2});
  PrepareOptions options;
  options.transform = TransformPolicy::none;
  for (const ScalePolicy scale : {ScalePolicy::standard, ScalePolicy::robust}) {
    options.scale = scale;
    const FeaturePlan plan = learn(table, options);
    ASSERT_EQ(plan.features(), 4);
    const testing::PreparedTable prepared = testing::apply(plan, table);
    for (int j = 0; j < 4; ++j) {
      EXPECT_GT(std::fabs(static_cast<double>(prepared.rows(0, j) - prepared.rows(1, j))), 0.5) << j;
      for (int i = 0; i < 5; ++i) EXPECT_LT(std::fabs(static_cast<double>(prepared.rows(i, j))), 10.0) << j;
    }
  }
  options.scale = ScalePolicy::none;
  EXPECT_THROW((void)learn(table, options), DataError);
  options.features = {"huge", "offset"};
  const FeaturePlan raw = learn(table, options);
  const float first = testing::apply(raw, table).rows(0, 0);
  EXPECT_NEAR((static_cast<double>(first) + raw.sources[0].center) / 1e38, 1.0, 1e-7);
}

TEST(Learn, CopiesAreFlaggedNotDropped) {
  std::vector<double> x = lognormals(300, 7), twice = x, other = lognormals(300, 8);
  for (double& v : twice) v = 5.0 - 2.0 * v;
  MemoryTable table;
  table.add("x", x).add("twice", twice).add("other", other);
  const FeaturePlan plan = learn(table);
  EXPECT_EQ(plan.features(), 3);
  EXPECT_TRUE(says(plan.decisions, "x and twice say the same thing (r = -1.000)"));
  EXPECT_FALSE(says(plan.decisions, "other move together"));
}

TEST(Learn, AnEmptyTableIsAnError) {
  MemoryTable table;
  table.add("x", std::vector<double>{});
  EXPECT_THROW((void)learn(table), DataError);
}

TEST(Learn, AReplayFromTheFileLearnsTheSame) {
  MemoryTable table;
  std::vector<std::string> city(20'000);
  for (std::size_t i = 0; i < city.size(); ++i) city[i] = "c" + std::to_string(i * i % 7);
  table.add("a", lognormals(20'000, 9)).add("b", lognormals(20'000, 10)).add("city", city);
  const FeaturePlan resident = learn(table);
  const std::int64_t read = table.rows_read();
  EXPECT_EQ(read, 2 * 20'000) << "one sweep to profile, one to look for columns that move together";
  EXPECT_EQ(learn(table, {}, 1, 100'000), resident);
  EXPECT_GT(table.rows_read() - read, 3 * 20'000);
}

/// What the profile's sweep found on the way saves sweeps and changes nothing, for rows in any order and all options.
TEST(Learn, TalliesChangeNothing) {
  constexpr std::size_t kRows = 80'000;
  std::mt19937_64 random(15);
  std::normal_distribution<double> normal(50.0, 9.0);
  std::vector<float> narrow(kRows), level(kRows), gaps(kRows);
  std::vector<double> sorted(kRows), drift(kRows), half(kRows), weight(kRows), code(kRows), late(kRows), balance(kRows);
  std::vector<std::string> city(kRows), day(kRows);
  double walk = 0.0;
  for (std::size_t i = 0; i < kRows; ++i) {
    narrow[i] = static_cast<float>(normal(random));
    level[i] = static_cast<float>(random() % 11);
    gaps[i] = random() % 9 == 0 ? std::numeric_limits<float>::infinity() : static_cast<float>(normal(random));
    sorted[i] = normal(random);
    drift[i] = walk += normal(random) - 50.0;
    half[i] = random() % 2 == 0 ? 0.0 : normal(random) * normal(random) * normal(random);
    weight[i] = static_cast<double>(random() % 3);
    code[i] = static_cast<double>(random() % 30);
    late[i] = i < 9000 ? (i < 5000 ? kNaN : normal(random)) : std::exp(normal(random) / 6.0);  // its skew shows later
    balance[i] = i == 70'000 ? -1.0 : std::exp(normal(random) / 9.0);
    city[i] = i % 50 == 7 ? "" : "city " + std::to_string(random() % 40);
    day[i] = "2021-03-" + std::to_string(10 + random() % 20);
  }
  std::sort(sorted.begin(), sorted.end());
  MemoryTable table;
  table.add("narrow", narrow).add("level", level).add("gaps", gaps).add("sorted", sorted).add("drift", drift).add("half", half);
  table.add("amount", lognormals(kRows, 16))
      .add("importance", weight)
      .add("branch_code", code)
      .add("city", city)
      .add("day", day);
  table.set_interleaved(true);

  std::vector<PrepareOptions> cases(6);
  cases[1].scale = ScalePolicy::robust;
  cases[2].weights = {"importance"};
  cases[3].missing = MissingPolicy::drop_row;
  cases[4].missing = MissingPolicy::drop_row;
  cases[4].ignored = {"gaps", "city"};  // without them no cell is missing
  cases[5].scale = ScalePolicy::none;
  for (const PrepareOptions& options : cases) {
    testing::QuietJob job(2);
    const auto profiles = profile_columns(table, options, job.context(), testing::kTestMemory);
    const FeaturePlan slow = learn_plan(table, profiles, options, job.context(), testing::kTestMemory);
    for (const int threads : {1, 3}) {
      EXPECT_EQ(learn(table, options, threads), slow);
      EXPECT_EQ(learn(table, options, threads, 40'000'000), slow) << "not all columns at once";
    }
  }
}

TEST(Learn, OneSweepIsEnoughForColumnsInRandomOrder) {
  constexpr std::size_t kRows = 250'000;
  std::mt19937_64 random(17);
  std::vector<float> x(kRows), y(kRows);
  std::normal_distribution<float> normal;
  for (std::size_t i = 0; i < kRows; ++i) x[i] = normal(random), y[i] = normal(random);
  MemoryTable table;
  table.add("x", x).add("y", y);
  (void)learn(table);
  EXPECT_LT(table.rows_read(), 3 * static_cast<std::int64_t>(kRows) / 2) << "one sweep, and a look at some blocks";
}

}  // namespace
}  // namespace tessera
