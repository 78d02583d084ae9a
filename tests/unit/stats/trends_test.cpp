// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "oracles.hpp"
#include "stats/cochran_armitage.hpp"
#include "stats/period_slope.hpp"

namespace tessera::stats {
namespace {

TEST(CochranArmitage, IsTheCorrelationOfScoreAndHit) {
  const auto oracle = read_oracle("cochran_armitage");
  const Numbers scores = oracle["scores"], hits = oracle["hits"], totals = oracle["totals"];
  const TestResult trend = cochran_armitage(scores, hits, totals);
  expect_close(trend.statistic, oracle["z"]);
  expect_close(trend.p, oracle["p"]);
  Numbers moved = scores;
  for (double& score : moved) score = 2'000.0 + 10.0 * score;
  expect_close(cochran_armitage(moved, hits, totals).statistic, trend.statistic, 1e-11);
}

TEST(CochranArmitage, Degenerate) {
  const Numbers scores = {1, 2, 3};
  EXPECT_TRUE(std::isnan(cochran_armitage({}, {}, {}).p));
  EXPECT_TRUE(std::isnan(cochran_armitage(scores, Numbers{0, 0, 0}, Numbers{5, 5, 5}).p));
  EXPECT_TRUE(std::isnan(cochran_armitage(scores, Numbers{5, 5, 5}, Numbers{5, 5, 5}).p));
  EXPECT_TRUE(std::isnan(cochran_armitage(scores, Numbers{0, 3, 0}, Numbers{0, 5, 0}).p));
  EXPECT_TRUE(std::isnan(cochran_armitage(scores, Numbers{1, kUndefined, 2}, Numbers{5, 5, 5}).p));
  const TestResult two = cochran_armitage(scores, Numbers{1, 0, 4}, Numbers{5, 0, 5});
  EXPECT_NEAR(two.statistic, 0.6 / std::sqrt(0.25 * 0.4), 1e-12);  // the z test of two proportions
}

std::vector<PeriodValue> periods_of(const nlohmann::json& oracle) {
  const Numbers period = oracle["period"], value = oracle["value"], error = oracle["error"];
  std::vector<PeriodValue> periods;
  for (std::size_t i = 0; i < period.size(); ++i) periods.push_back({period[i], value[i], error[i]});
  return periods;
}

TEST(PeriodSlope, AgreesWithStatsmodels) {
  const auto oracle = read_oracle("slope");
  const Slope slope = period_slope(periods_of(oracle));
  expect_close(slope.value, oracle["slope"]);
  expect_close(slope.standard_error, oracle["standard_error"]);
  expect_close(slope.test.p, oracle["p"]);
  expect_interval(slope.interval, oracle["interval"]);
  const Numbers lack = oracle["lack_of_fit"];
  expect_close(slope.lack_of_fit.statistic, lack[0], 1e-8);
  expect_close(slope.lack_of_fit.p, lack[2], 1e-8);
  EXPECT_EQ(slope.periods, 4);
}

TEST(PeriodSlope, ErrorGrowsWithScatter) {
  const std::vector<PeriodValue> zigzag = {{0, 0.0, 0.1}, {1, 5.0, 0.1}, {2, 1.0, 0.1}, {3, 6.0, 0.1}};
  const Slope slope = period_slope(zigzag);
  EXPECT_LT(slope.lack_of_fit.p, 1e-10);
  expect_close(slope.standard_error, 0.1 / std::sqrt(5.0) * std::sqrt(slope.lack_of_fit.statistic / 2.0), 1e-12);
}

TEST(PeriodSlope, Degenerate) {
  auto periods = periods_of(read_oracle("slope"));
  const double before = period_slope(periods).value;
  periods.push_back({2022, kUndefined, 0.1});
  periods.push_back({2022, 1.0, 0.0});
  EXPECT_EQ(period_slope(periods).value, before);
  EXPECT_TRUE(std::isnan(period_slope({}).value));
  EXPECT_TRUE(std::isnan(period_slope(std::vector<PeriodValue>{{1, 2, 0.1}}).value));
  EXPECT_TRUE(std::isnan(period_slope(std::vector<PeriodValue>{{1, 2, 0.1}, {1, 3, 0.1}}).value));
  const Slope two = period_slope(std::vector<PeriodValue>{{1, 2, 0.3}, {3, 3, 0.4}});
  expect_close(two.value, 0.5, 1e-14);
  expect_close(two.standard_error, 0.25, 1e-14);
  EXPECT_TRUE(std::isnan(two.lack_of_fit.p));
}

}  // namespace
}  // namespace tessera::stats
