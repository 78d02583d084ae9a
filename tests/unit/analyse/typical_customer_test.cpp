// SPDX-License-Identifier: Apache-2.0
#include "analyse/typical_customer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;
using testing::named;

constexpr int kCustomers = 900;
constexpr int kMiddle = 451;  // a customer of segment "b"

/// Two segments; one customer of the second has its middle in everything.
MemoryTable make_table(bool complete = true) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<double> age, spend;
  std::vector<std::string> region, segment;
  for (int i = 0; i < kCustomers; ++i) {
    const bool second = i % 2 == 1;
    const double sign = i % 4 < 2 ? -1.0 : 1.0;  // as many below as above the middle
    const bool middle = i == kMiddle;
    segment.emplace_back(second ? "b" : "a");
    age.push_back((second ? 60.0 : 30.0) + (middle ? 0.0 : sign * (1.0 + std::fabs(normal(random)))));
    spend.push_back((second ? 900.0 : 100.0) + (middle ? 0.0 : sign * (20.0 + 10.0 * std::fabs(normal(random)))));
    region.emplace_back(middle || random() % 3 != 0 ? "north" : "south");
    if (middle && !complete) spend.back() = std::numeric_limits<double>::quiet_NaN();
  }
  MemoryTable table;
  table.add("segment", segment).add("age", age).add("spend", spend).add("region", region);
  return table;
}

Analysis analyse_table(MemoryTable& table, std::int64_t min_cell = 10) {
  testing::AnalysisTrial trial{.by = "segment"};
  trial.options.min_cell = min_cell;
  return testing::analyse_table(table, trial);
}

TEST(TypicalCustomer, IsTheOneInTheMiddle) {
  MemoryTable table = make_table();
  const TypicalCustomer typical = named(analyse_table(table).segments, "b").typical;
  EXPECT_EQ(typical.row, kMiddle);
  ASSERT_EQ(typical.values.size(), 3U);
  EXPECT_EQ(named(typical.values, "age").value, 60.0);
  EXPECT_EQ(named(typical.values, "spend").value, 900.0);
  EXPECT_EQ(named(typical.values, "region").level, "north");
}

/// With so few customers the sample has them all; distances between all pairs, cell by cell.
TEST(TypicalCustomer, HasTheLeastMeanDistanceToTheOthers) {
  std::mt19937_64 random(8);
  std::lognormal_distribution<double> amount(3.0, 1.0);
  std::vector<double> spend, visits;
  std::vector<std::string> region, segment;
  for (int i = 0; i < 300; ++i) {
    segment.emplace_back(i % 3 == 0 ? "b" : "a");
    spend.push_back(amount(random));
    visits.push_back(static_cast<double>(random() % 12));
    region.emplace_back(std::string(1, "nesw"[random() % 4]));
  }
  MemoryTable table;
  table.add("segment", segment).add("spend", spend).add("visits", visits).add("region", region);
  const Analysis analysis = analyse_table(table);
  const auto unit = [&](const char* column) {
    const NumberSummary& all = named(analysis.columns, column).overall;
    return all.quartile_high - all.quartile_low;
  };
  const double spend_unit = unit("spend"), visits_unit = unit("visits");
  for (const std::string label : {"a", "b"}) {
    std::size_t best = 0;
    double least = INFINITY;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < segment.size(); ++j) {
        if (segment[i] != label || segment[j] != label) continue;
        sum += std::fabs(spend[i] - spend[j]) / spend_unit + std::fabs(visits[i] - visits[j]) / visits_unit;
        sum += region[i] != region[j] ? 1.0 : 0.0;
      }
      if (segment[i] != label || sum >= least) continue;
      least = sum;
      best = i;
    }
    EXPECT_EQ(named(analysis.segments, label).typical.row, static_cast<std::int64_t>(best)) << label;
  }
}

TEST(TypicalCustomer, HasTheCellsThatOthersMiss) {
  MemoryTable table = make_table(false);
  const TypicalCustomer typical = named(analyse_table(table).segments, "b").typical;
  EXPECT_NE(typical.row, kMiddle);
  EXPECT_EQ(typical.values.size(), 3U);
}

TEST(TypicalCustomer, IsTheSameForAnyThreads) {
  MemoryTable table = make_table();
  testing::AnalysisTrial trial{.by = "segment"};
  trial.threads = 1;
  const Analysis one = testing::analyse_table(table, trial);
  trial.threads = 7;
  const Analysis seven = testing::analyse_table(table, trial);
  for (std::size_t s = 0; s < 2; ++s) EXPECT_EQ(one.segments[s].typical.row, seven.segments[s].typical.row);
}

TEST(TypicalCustomer, IsNobodyOfASmallSegment) {
  MemoryTable table = make_table();
  for (const AnalysisSegment& segment : analyse_table(table, kCustomers).segments) {
    EXPECT_EQ(segment.typical.row, -1);
    EXPECT_TRUE(segment.typical.values.empty());
  }
}

}  // namespace
}  // namespace tessera
