// SPDX-License-Identifier: Apache-2.0
// Shares of drivers and their intervals are of one method, however many drivers there are.
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::analyse_table;
using testing::AnalysisTrial;
using testing::MemoryTable;

/// Column i adds 1 / (1 + i) of itself to the outcome.
MemoryTable table_of(int drivers) {
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal;
  constexpr int kRows = 1500;
  std::vector<std::vector<double>> columns(static_cast<std::size_t>(drivers));
  std::vector<double> outcome(kRows);
  std::vector<std::string> group;
  for (std::size_t i = 0; i < kRows; ++i) {
    group.emplace_back(i % 2 == 0 ? "a" : "b");
    outcome[i] = normal(random);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c].push_back(normal(random));
      outcome[i] += columns[c].back() / static_cast<double>(1 + c);
    }
  }
  MemoryTable table;
  table.add("group", group).add("outcome", outcome);
  for (std::size_t c = 0; c < columns.size(); ++c) table.add("x" + std::to_string(c), columns[c]);
  return table;
}

void expect_sound(const DriverAnalysis& drivers) {
  for (const DriverGroup& group : drivers.groups) {
    EXPECT_EQ(group.problem, "");
    double shares = 0.0;
    for (const DriverShare& driver : group.drivers) {
      shares += driver.share;
      EXPECT_LE(driver.share_interval.low, driver.share);
      EXPECT_GE(driver.share_interval.high, driver.share);
      EXPECT_LT(driver.share_interval.high - driver.share_interval.low, 0.5);
    }
    EXPECT_NEAR(shares, 1.0, 1e-10);
    EXPECT_EQ(group.drivers.front().rank, 1);
    // Independent: its part of the variance of the outcome, 1 / (1 + 1 + 1/4 + 1/9 ...), of R squared. The correlation of 750
    // rows has a standard error of 0.6 / sqrt(750), which makes 0.045 of the share: three and a half of them.
    EXPECT_NEAR(group.drivers.front().share, 0.62, 0.16);
  }
}

TEST(Drivers, AreExactWithIntervalsUpToSixteen) {
  MemoryTable table = table_of(16);
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"outcome:mean"};
  const Analysis analysis = analyse_table(table, trial);
  ASSERT_EQ(analysis.drivers.size(), 1U);
  EXPECT_THAT(analysis.drivers.front().method,
              ::testing::HasSubstr("Shapley values (LMG), exact; intervals by a jackknife of the same"));
  EXPECT_EQ(analysis.drivers.front().columns.size(), 16U);
  expect_sound(analysis.drivers.front());
}

TEST(Drivers, BeyondTwentyThatAreNamedAreRelativeWeights) {
  MemoryTable table = table_of(24);
  AnalysisTrial trial{"group"};
  trial.prepare.kpis = {"outcome:mean"};
  trial.options.drivers = {"x*"};
  const Analysis analysis = analyse_table(table, trial);
  ASSERT_EQ(analysis.drivers.size(), 1U);
  EXPECT_THAT(analysis.drivers.front().method, ::testing::HasSubstr("relative weights"));
  EXPECT_EQ(analysis.drivers.front().columns.size(), 24U);
  expect_sound(analysis.drivers.front());
}

}  // namespace
}  // namespace tessera
