// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"

// What must not change what is learned: threads, the size of chunks, the budget, the layout in memory, the order of columns,
// and whether a row is written twice or weighs 2.

namespace tessera {
namespace {

using testing::MemoryTable;

struct Customers {
  std::vector<double> spend, balance, weight;
  std::vector<float> score;
  std::vector<std::int32_t> orders, answer;
  std::vector<std::string> city, joined;
};

Customers make_customers(std::size_t n) {
  std::mt19937_64 random(99);
  std::lognormal_distribution<double> amounts(4.0, 1.7);
  std::normal_distribution<double> normal(1e6, 3.0);
  Customers c;
  for (std::size_t i = 0; i < n; ++i) {
    c.spend.push_back(random() % 5 == 0 ? 0.0 : amounts(random));
    c.balance.push_back(random() % 19 == 0 ? std::numeric_limits<double>::quiet_NaN() : normal(random));
    c.score.push_back(static_cast<float>(normal(random) / 1e5));
    c.orders.push_back(static_cast<std::int32_t>(std::min(1000.0, amounts(random) / 10.0)));
    c.answer.push_back(static_cast<std::int32_t>(1 + random() % 5));
    c.city.push_back(random() % 23 == 0 ? "" : "city " + std::to_string(random() % 40 * (random() % 40) / 30));
    c.joined.push_back("2019-0" + std::to_string(1 + random() % 9) + "-" + std::to_string(10 + random() % 18));
    c.weight.push_back(static_cast<double>(random() % 4));
  }
  return c;
}

MemoryTable make_table(const Customers& c, bool backwards = false) {
  MemoryTable table;
  for (int i = 0; i < 7; ++i) {
    switch (backwards ? 6 - i : i) {
      case 0:
        table.add("spend", c.spend);
        break;
      case 1:
        table.add("balance", c.balance);
        break;
      case 2:
        table.add("score", c.score);
        break;
      case 3:
        table.add("orders", c.orders);
        break;
      case 4:
        table.add("answer", c.answer);
        break;
      case 5:
        table.add("city", c.city);
        break;
      default:
        table.add("joined", c.joined);
    }
  }
  table.add("w", c.weight);
  return table;
}

PrepareOptions weighted_options(ScalePolicy scale = ScalePolicy::standard) {
  PrepareOptions options;
  options.weights = {"w"};
  options.scale = scale;
  options.top_levels = 10;
  return options;
}

bool same_numbers(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void expect_same(const std::vector<ColumnProfile>& a, const std::vector<ColumnProfile>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(a[i].name);
    EXPECT_TRUE(same_numbers(a[i].mean, b[i].mean) && same_numbers(a[i].sd, b[i].sd) && same_numbers(a[i].skew, b[i].skew));
    EXPECT_TRUE(same_numbers(a[i].min, b[i].min) && same_numbers(a[i].max, b[i].max));
    EXPECT_EQ(a[i].missing, b[i].missing);
    EXPECT_EQ(a[i].zeros, b[i].zeros);
    EXPECT_EQ(a[i].distinct, b[i].distinct);
    EXPECT_EQ(a[i].top_levels, b[i].top_levels);
    EXPECT_EQ(a[i].kind, b[i].kind);
    EXPECT_EQ(a[i].role, b[i].role);
    EXPECT_EQ(a[i].reason, b[i].reason);
    EXPECT_EQ(a[i].warnings, b[i].warnings);
  }
}

class PrepareInvariance : public ::testing::TestWithParam<ScalePolicy> {};

TEST_P(PrepareInvariance, ThreadsChunksBudgetAndLayoutChangeNoBit) {
  const Customers customers = make_customers(30'011);
  MemoryTable table = make_table(customers);
  const PrepareOptions options = weighted_options(GetParam());
  const auto profiles = testing::profile(table, options);
  const FeaturePlan plan = testing::learn(table, options);
  const testing::PreparedTable prepared = testing::apply(plan, table);
  ASSERT_EQ(plan.sources.size(), 7U);
  for (const int threads : {1, 2, 7}) {
    for (const std::int64_t preferred : {4096, 8192, 1 << 20}) {
      for (const std::int64_t memory : {std::int64_t{1}, std::int64_t{3} << 20, testing::kTestMemory}) {
        SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(preferred) + " rows, " + std::to_string(memory) +
                     " bytes");
        table.set_preferred_rows(preferred);
        table.set_interleaved(threads == 2);
        expect_same(testing::profile(table, options, threads, memory), profiles);
        EXPECT_EQ(testing::learn(table, options, threads, memory), plan);
      }
    }
    for (const std::int64_t chunk : {4096, 8192, 0}) {
      const testing::PreparedTable again = testing::apply(plan, table, threads, chunk);
      EXPECT_EQ(again.rows, prepared.rows);
      EXPECT_EQ(again.weights, prepared.weights);
      EXPECT_EQ(again.flags, prepared.flags);
    }
  }
}

TEST_P(PrepareInvariance, TheOrderOfColumnsChangesTheOrderOfFeaturesOnly) {
  const Customers customers = make_customers(9000);
  MemoryTable forwards = make_table(customers), backwards = make_table(customers, true);
  const PrepareOptions options = weighted_options(GetParam());
  const FeaturePlan plan = testing::learn(forwards, options);
  FeaturePlan other = testing::learn(backwards, options);
  for (const FeatureSource& source : plan.sources) {
    FeatureSource same = testing::source(other, source.name);
    same.first_feature = source.first_feature;
    EXPECT_EQ(same, source) << source.name;
  }
  EXPECT_EQ(testing::apply(plan, backwards).rows, testing::apply(plan, forwards).rows) << "columns are matched by name";
}

TEST_P(PrepareInvariance, WeightTwoIsTheRowTwice) {
  const Customers customers = make_customers(5000);
  Customers repeated;
  for (std::size_t i = 0; i < customers.spend.size(); ++i) {
    const auto times = static_cast<int>(customers.weight[i]);
    for (int t = 0; t < times; ++t) {
      repeated.spend.push_back(customers.spend[i]);
      repeated.balance.push_back(customers.balance[i]);
      repeated.score.push_back(customers.score[i]);
      repeated.orders.push_back(customers.orders[i]);
      repeated.answer.push_back(customers.answer[i]);
      repeated.city.push_back(customers.city[i]);
      repeated.joined.push_back(customers.joined[i]);
      repeated.weight.push_back(1.0);
    }
  }
  MemoryTable weighted = make_table(customers), written_out = make_table(repeated);
  const FeaturePlan plan = testing::learn(weighted, weighted_options(GetParam()));
  const FeaturePlan other = testing::learn(written_out, weighted_options(GetParam()));
  ASSERT_EQ(plan.feature_names, other.feature_names);
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    const FeatureSource& a = plan.sources[i];
    const FeatureSource& b = other.sources[i];
    SCOPED_TRACE(a.name);
    EXPECT_EQ(a.fill, b.fill) << "medians are exact";
    EXPECT_EQ(a.levels, b.levels) << "counts are exact";
    EXPECT_EQ(a.transform, b.transform);
    EXPECT_EQ(a.kind, b.kind);
    // float64 sums over other rows: rounding apart, the same (c * eps * sqrt(terms) * magnitude about the pivot).
    EXPECT_NEAR(a.center, b.center, 1e-12 * a.scale + 1e-15 * std::fabs(a.center));
    EXPECT_NEAR(a.scale, b.scale, 1e-12 * a.scale);
    EXPECT_NEAR(a.skew, b.skew, 1e-9 * (1.0 + std::fabs(a.skew)));
  }
}

INSTANTIATE_TEST_SUITE_P(Scales, PrepareInvariance,
                         ::testing::Values(ScalePolicy::standard, ScalePolicy::robust, ScalePolicy::none),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

}  // namespace
}  // namespace tessera
