// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <random>

#include "oracles.hpp"
#include "stats/mean_interval.hpp"
#include "stats/net_promoter.hpp"
#include "stats/proportion.hpp"
#include "stats/ratio_of_sums.hpp"
#include "stats/welch_test.hpp"

namespace tessera::stats {
namespace {

TEST(Proportion, AgreesWithStatsmodels) {
  const auto oracle = read_oracle("proportions");
  const Numbers counts = oracle["counts"], totals = oracle["totals"], z = oracle["z"];
  const Proportion a = proportion(counts[0], totals[0], totals[0]), b = proportion(counts[1], totals[1], totals[1]);
  expect_interval(wilson_interval(a), oracle["wilson"]);
  expect_interval(wilson_interval({0.0, 12.0}), oracle["wilson_zero"]);
  const ProportionDifference apart = compare_proportions(a, b);
  expect_close(apart.test.statistic, z[0]);
  expect_close(apart.test.p, z[1]);
  expect_interval(apart.interval, oracle["newcombe"]);
  expect_close(apart.h, oracle["h"]);
  EXPECT_LT(apart.h_interval.low, apart.h);
  expect_close(apart.h_interval.high - apart.h, 1.959963984540054 * std::sqrt(1.0 / 60.0 + 1.0 / 71.0), 1e-12);
}

TEST(Proportion, WeightsShrinkNByTheirUnevenness) {
  const Proportion share = proportion(3.0, 6.0, 4.0 + 1.0 + 9.0);
  EXPECT_EQ(share.value, 0.5);
  expect_close(share.n, 36.0 / 14.0, 1e-15);
  const Proportion doubled = proportion(6.0, 12.0, 4.0 * 14.0);
  EXPECT_EQ(wilson_interval(doubled).low, wilson_interval(share).low);
}

TEST(Proportion, Degenerate) {
  EXPECT_TRUE(std::isnan(proportion(0.0, 0.0, 0.0).value));
  EXPECT_TRUE(std::isnan(wilson_interval({}).low));
  EXPECT_TRUE(std::isnan(compare_proportions({}, {0.5, 10.0}).difference));
  EXPECT_TRUE(std::isnan(proportion(kUndefined, kUndefined, kUndefined).value));
  const ProportionDifference equal = compare_proportions({1.0, 10.0}, {1.0, 20.0});
  EXPECT_EQ(equal.difference, 0.0);
  EXPECT_TRUE(std::isnan(equal.test.p));
  EXPECT_LT(equal.interval.low, 0.0);
  EXPECT_EQ(wilson_interval({1.0, 10.0}).high, 1.0);
}

TEST(NetPromoter, IsTheMeanOfMinusHundredZeroAndHundred) {
  const auto oracle = read_oracle("net_promoter");
  const NetPromoterScore score = net_promoter_score({60.0, 25.0, 15.0, 100.0});
  expect_close(score.score, oracle["score"]);
  expect_close(score.standard_error, oracle["standard_error"]);
  EXPECT_LT(score.interval.low, 45.0);
  EXPECT_GT(score.interval.high, 45.0);
}

/// Probability that the interval covers the true score, summed over all answers of n customers.
double coverage(int n, double promoters, double detractors) {
  const double truth = 100.0 * (promoters - detractors);
  double covered = 0.0;
  for (int p = 0; p <= n; ++p) {
    for (int d = 0; p + d <= n; ++d) {
      const NetPromoterScore score = net_promoter_score({1.0 * p, 1.0 * (n - p - d), 1.0 * d, 1.0 * n});
      if (score.interval.low > truth || score.interval.high < truth) continue;
      covered +=
          std::exp(std::lgamma(n + 1.0) - std::lgamma(p + 1.0) - std::lgamma(d + 1.0) - std::lgamma(n - p - d + 1.0) +
                   p * std::log(promoters) + d * std::log(detractors) + (n - p - d) * std::log1p(-promoters - detractors));
    }
  }
  return covered;
}

TEST(NetPromoter, IntervalCoversForFewAnswersToo) {
  for (const int n : {10, 25, 80}) {
    for (const double promoters : {0.1, 0.4, 0.7, 0.9}) {
      const double covered = coverage(n, promoters, 0.08);
      EXPECT_GT(covered, 0.93) << n << ' ' << promoters;
      EXPECT_LT(covered, n < 80 ? 0.997 : 0.97) << n << ' ' << promoters;
    }
  }
}

TEST(NetPromoter, DifferenceOfTwo) {
  const NetPromoterScore a = net_promoter_score({60.0, 25.0, 15.0, 100.0}), b = net_promoter_score({30.0, 40.0, 30.0, 100.0});
  const NetPromoterDifference apart = compare_net_promoters(a, b);
  expect_close(apart.difference, 45.0);
  expect_close(apart.test.statistic, 45.0 / std::hypot(a.standard_error, b.standard_error));
  EXPECT_GT(apart.interval.low, 0.0);
  EXPECT_LT(apart.interval.low, 45.0);
  EXPECT_LT(apart.test.p, 1e-3);
}

TEST(NetPromoter, Degenerate) {
  EXPECT_TRUE(std::isnan(net_promoter_score({}).score));
  EXPECT_TRUE(std::isnan(net_promoter_score({kUndefined, 1.0, 1.0, 3.0}).score));
  const NetPromoterScore all = net_promoter_score({5.0, 0.0, 0.0, 5.0});
  EXPECT_EQ(all.score, 100.0);
  EXPECT_EQ(all.standard_error, 0.0);
  EXPECT_LT(all.interval.low, 90.0);
  EXPECT_EQ(all.interval.high, 100.0);
  EXPECT_TRUE(std::isnan(compare_net_promoters(all, all).test.p));
  EXPECT_TRUE(std::isnan(compare_net_promoters({}, all).difference));
}

TEST(RatioOfSums, AgreesWithTheLinearization) {
  const auto oracle = read_oracle("ratio");
  const Numbers x = oracle["x"], y = oracle["y"];
  const Moments ratio = ratio_moments(co_moments_of(x, y));
  expect_close(ratio.mean, oracle["value"]);
  expect_close(ratio.standard_error(), oracle["standard_error"]);
  expect_interval(mean_interval(ratio), oracle["interval"]);
}

TEST(RatioOfSums, ErrorIsCloseToTheJackknifes) {
  const auto oracle = read_oracle("ratio");
  const Numbers x = oracle["x"], y = oracle["y"];
  const CoMoments all = co_moments_of(x, y);
  double sum_x = 0.0, sum_y = 0.0, mean = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum_x += x[i], sum_y += y[i];
  for (std::size_t i = 0; i < x.size(); ++i) mean += (sum_y - y[i]) / (sum_x - x[i]) / 25.0;
  for (std::size_t i = 0; i < x.size(); ++i) squares += std::pow((sum_y - y[i]) / (sum_x - x[i]) - mean, 2);
  EXPECT_NEAR(ratio_moments(all).standard_error() / std::sqrt(24.0 / 25.0 * squares), 1.0, 0.05);
}

TEST(RatioOfSums, Degenerate) {
  EXPECT_EQ(ratio_moments({}).n, 0);
  EXPECT_EQ(ratio_moments(co_moments_of(Numbers{0.0, 0.0}, Numbers{1.0, 2.0})).n, 0);
  const Moments one = ratio_moments(co_moments_of(Numbers{2.0}, Numbers{6.0}));
  EXPECT_EQ(one.mean, 3.0);
  EXPECT_TRUE(std::isnan(mean_interval(one).low));
  const Moments exact = ratio_moments(co_moments_of(Numbers{1.0, 2.0, 5.0}, Numbers{3.0, 6.0, 15.0}));
  EXPECT_NEAR(exact.standard_error(), 0.0, 1e-7);
}

/// Two ratios of independent customers are compared as by draws of new customers.
TEST(RatioOfSums, WelchsTestKeepsItsLevel) {
  std::mt19937_64 random(11);
  std::uniform_int_distribution<int> orders(1, 9);
  std::normal_distribution<double> noise(0.0, 4.0);
  constexpr int kTrials = 2000;
  int rejected = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    Moments groups[2];
    for (Moments& group : groups) {
      Numbers x, y;
      const int rows = &group == &groups[0] ? 30 : 60;
      for (int i = 0; i < rows; ++i) {
        x.push_back(orders(random));
        y.push_back(7.0 * x.back() + noise(random) * x.back());
      }
      group = ratio_moments(co_moments_of(x, y));
    }
    rejected += welch_test(groups[0], groups[1]).test.p < 0.05 ? 1 : 0;
  }
  // Binomial: 0.05 +- 4 standard errors, and what the linearization lacks at 30 rows.
  EXPECT_NEAR(rejected / static_cast<double>(kTrials), 0.05, 4.0 * std::sqrt(0.05 * 0.95 / kTrials) + 0.01);
}

}  // namespace
}  // namespace tessera::stats
