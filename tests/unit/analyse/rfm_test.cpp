// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "analyse/rfm_index.hpp"
#include "analyse/rfm_orders.hpp"
#include "analyse/rfm_scores.hpp"
#include "analyse/rfm_stage.hpp"
#include "analyse/rfm_totals.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::vector<int> scores(const std::vector<double>& values, bool more_is_better = true) {
  const auto found = rfm_scores(values, more_is_better);
  return {found.begin(), found.end()};
}

TEST(RfmScores, AreFifthsWithoutTies) {
  EXPECT_THAT(scores({10, 20, 30, 40, 50}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(scores({10, 20, 30, 40, 50}, false), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(scores({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), ElementsAre(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
  EXPECT_THAT(scores({3, 1, 2}), ElementsAre(5, 1, 3));
  EXPECT_THAT(scores({7}), ElementsAre(3));
  EXPECT_THAT(scores({}), ElementsAre());
}

TEST(RfmScores, TiesNeverFailAndNeverSplit) {
  EXPECT_THAT(scores({1, 1, 1, 1}), Each(3));
  EXPECT_THAT(scores({1, 1, 1, 1, 1, 1, 2, 2, 3, 9}), ElementsAre(2, 2, 2, 2, 2, 2, 4, 4, 5, 5));
  EXPECT_THAT(scores({0, -1, -1, 0}), ElementsAre(4, 2, 2, 4));
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> values(1 + random() % 60);
    const auto levels = 1 + random() % 40;
    for (double& value : values) value = static_cast<double>(random() % levels);
    const std::vector<int> up = scores(values), down = scores(values, false);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_GE(up[i], 1);
      ASSERT_LE(up[i], 5);
      for (std::size_t j = 0; j < values.size(); ++j) {
        if (values[i] > values[j]) continue;
        ASSERT_LE(up[i], up[j]);
        ASSERT_GE(down[i], down[j]);
      }
    }
  }
  EXPECT_EQ(rfm_cell(5, 4, 1), "541");
}

TEST(RfmTotals, SumsCentsExactlyInAnyOrder) {
  std::mt19937_64 random(5);
  std::vector<std::int64_t> cents;
  std::int64_t total = 0;
  for (int i = 0; i < 10'000; ++i) {
    cents.push_back(static_cast<std::int64_t>(random() % 2'000'000) - 300'000);
    total += cents.back();
  }
  for (int trial = 0; trial < 3; ++trial) {
    RfmTotals totals;
    for (const std::int64_t cent : cents) totals.add(1.0, static_cast<double>(cent) / 100.0);
    EXPECT_EQ(rfm_values(totals, 1, 2).monetary, static_cast<double>(total) / 100.0);
    std::shuffle(cents.begin(), cents.end(), random);
  }
  EXPECT_EQ(money_from_units(money_units(6 * 2.55)), 15.3);
  EXPECT_EQ(money_from_units(money_units(-0.1) + money_units(-0.2)), -0.3);
  EXPECT_EQ(money_from_units(money_units(1e20)), 1e20);
}

TEST(RfmTotals, ReturnsAreNettedAndDoNotCountAsPurchases) {
  RfmTotals totals;
  totals.add(10.25, 100.0);
  totals.add(20.75, 50.0);
  totals.add(15.0, 0.0);
  totals.add(30.0, -20.0);
  const RfmValues values = rfm_values(totals, 3, 40);
  EXPECT_EQ(values.monetary, 130.0);
  EXPECT_EQ(values.returned, 20.0);
  EXPECT_EQ(values.return_rows, 1);
  EXPECT_EQ(values.average_order_value, 50.0);
  EXPECT_EQ(values.first_day, 10);
  EXPECT_EQ(values.last_day, 20);
  EXPECT_EQ(values.recency_days, 20);
  EXPECT_EQ(values.tenure_days, 30);
  EXPECT_EQ(values.mean_gap_days, 5.0);
}

TEST(RfmTotals, ACustomerWhoOnlyReturnsHasTheDatesOfTheReturns) {
  RfmTotals totals;
  totals.add(-3.5, -9.99);
  const RfmValues values = rfm_values(totals, 0, 7);
  EXPECT_EQ(values.monetary, -9.99);
  EXPECT_EQ(values.last_day, -4);
  EXPECT_EQ(values.recency_days, 11);
  EXPECT_TRUE(std::isnan(values.average_order_value));
  EXPECT_TRUE(std::isnan(values.mean_gap_days));
  EXPECT_EQ(rfm_stage(values, 1, 30.0), RfmStage::returns_only);
}

TEST(RfmStage, FollowsTheRules) {
  const auto stage = [](std::int64_t recency, std::int64_t tenure, std::int64_t orders, int score) {
    RfmValues values;
    values.recency_days = recency;
    values.tenure_days = tenure;
    values.frequency = orders;
    values.mean_gap_days = orders > 1 ? static_cast<double>(tenure - recency) / static_cast<double>(orders - 1) : std::nan("");
    return rfm_stage(values, score, 30.0);
  };
  EXPECT_EQ(stage(30, 30, 1, 1), RfmStage::new_customer);
  EXPECT_EQ(stage(31, 31, 1, 1), RfmStage::active);
  EXPECT_EQ(stage(60, 200, 9, 4), RfmStage::loyal);
  EXPECT_EQ(stage(60, 200, 9, 3), RfmStage::active);
  EXPECT_EQ(stage(60, 60, 1, 5), RfmStage::active) << "one order is no loyalty";
  EXPECT_EQ(stage(61, 200, 9, 5), RfmStage::at_risk);
  EXPECT_EQ(stage(120, 130, 1, 1), RfmStage::at_risk);
  EXPECT_EQ(stage(121, 130, 1, 1), RfmStage::lapsed);
  EXPECT_EQ(stage(121, 421, 3, 3), RfmStage::active) << "buys every 150 days";
  EXPECT_EQ(typical_gap_days({40, 10, 20, 30}, 0), 20.0);
  EXPECT_EQ(typical_gap_days({0.25}, 0), 1.0);
  EXPECT_EQ(typical_gap_days({}, 100), 25.0);
  EXPECT_EQ(typical_gap_days({}, 0), 1.0);
}

TEST(RfmIndex, NumbersCustomersAndOrdersThem) {
  RfmIndex numbers(false);
  std::map<std::int64_t, std::int64_t> known;
  std::mt19937_64 random(9);
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<std::int64_t>(random() % 5000) - 2500;
    const auto [entry, is_new] = known.emplace(id, std::ssize(known));
    ASSERT_EQ(numbers.find_or_add(id), entry->second);
  }
  std::int64_t previous = -3000;
  for (const std::int64_t i : numbers.in_order()) {
    EXPECT_LT(previous, numbers.number_id(i));
    previous = numbers.number_id(i);
  }
  RfmIndex texts(true);
  for (const char* id : {"b", "10", "9", "b", "\xC3\xA4", "B"}) (void)texts.find_or_add(std::string_view(id));
  std::vector<std::string> order;
  for (const std::int64_t i : texts.in_order()) order.emplace_back(texts.text_id(i));
  EXPECT_THAT(order, ElementsAre("10", "9", "B", "b", "\xC3\xA4"));
}

TEST(RfmOrders, CountsDifferentOnesThroughTheScratchFile) {
  const testing::TemporaryFolder folder;
  RfmOrders small(folder.path(), 3), large(folder.path());
  std::vector<std::set<std::uint64_t>> naive(700);
  std::mt19937_64 random(13);
  for (int i = 0; i < 30'000; ++i) {
    const auto customer = static_cast<std::int64_t>(random() % naive.size());
    const WideHash order{random() % 2, random() % 20};
    small.add(customer, order);
    large.add(customer, order);
    naive[static_cast<std::size_t>(customer)].insert(order.high * 100 + order.low);
  }
  std::vector<std::int64_t> wanted;
  for (const auto& orders : naive) wanted.push_back(std::ssize(orders));
  EXPECT_EQ(small.count(700), wanted);
  EXPECT_EQ(large.count(700), wanted);
}

}  // namespace
}  // namespace tessera
