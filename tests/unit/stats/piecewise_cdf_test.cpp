// SPDX-License-Identifier: Apache-2.0
#include "stats/piecewise_cdf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tessera::stats {
namespace {

std::vector<double> ones(std::size_t n) { return std::vector<double>(n, 1.0); }

/// True if the density rises and then falls: bins of equal share become narrower, then wider.
bool is_unimodal(const PiecewiseCdf& cdf) {
  constexpr int kBins = 200;
  constexpr double kSlack = 1e-9;
  std::vector<double> widths;
  for (int i = 0; i < kBins; ++i)
    widths.push_back(cdf.quantile((i + 1.0) / kBins) - cdf.quantile(static_cast<double>(i) / kBins));
  const auto narrowest = std::ranges::min_element(widths);
  const auto wider = [](double a, double b) { return b > a + kSlack; };
  const auto narrower = [](double a, double b) { return b < a - kSlack; };
  return std::adjacent_find(widths.begin(), narrowest, wider) == narrowest &&
         std::adjacent_find(narrowest, widths.end(), narrower) == widths.end();
}

TEST(DiscreteCdf, GivesTheValuesInTheirShares) {
  const std::vector<double> values = {1, 1, 2, 5}, weights = {1, 2, 3, 4};
  const PiecewiseCdf cdf = discrete_cdf(values, weights);
  EXPECT_EQ(cdf.quantile(0.01), 1.0);
  EXPECT_EQ(cdf.quantile(0.29), 1.0);
  EXPECT_EQ(cdf.quantile(0.31), 2.0);
  EXPECT_EQ(cdf.quantile(0.59), 2.0);
  EXPECT_EQ(cdf.quantile(0.61), 5.0);
  EXPECT_EQ(cdf.quantile(1.0), 5.0);
}

TEST(UnimodalCdf, KeepsWhatIsUnimodal) {
  std::vector<double> values;  // density falling like exp(-x)
  for (int i = 0; i < 1000; ++i) values.push_back(-std::log(1.0 - (i + 0.5) / 1000));
  const PiecewiseCdf cdf = unimodal_cdf(values, ones(values.size()));
  EXPECT_TRUE(is_unimodal(cdf));
  for (int i = 0; i < 1000; i += 50) EXPECT_NEAR(cdf.quantile((i + 0.5) / 1000), values[static_cast<std::size_t>(i)], 0.02);
}

TEST(UnimodalCdf, FillsTheValleyBetweenTwoLumps) {
  std::vector<double> values;
  for (int i = 0; i < 500; ++i) values.push_back(i / 500.0);
  for (int i = 0; i < 500; ++i) values.push_back(9.0 + i / 500.0);
  const PiecewiseCdf cdf = unimodal_cdf(values, ones(values.size()));
  EXPECT_TRUE(is_unimodal(cdf));
  EXPECT_GE(cdf.quantile(0.0), 0.0);
  EXPECT_LE(cdf.quantile(1.0), 10.0);
  int in_the_valley = 0;  // where there are no values
  for (int i = 0; i < 100; ++i) {
    const double x = cdf.quantile((i + 0.5) / 100);
    in_the_valley += x > 1.0 && x < 9.0;
  }
  EXPECT_GT(in_the_valley, 30);
}

TEST(UnimodalCdf, AllowsAnAtomAtTheMode) {
  std::vector<double> values(600, 0.0);
  for (int i = 0; i < 400; ++i) values.push_back(1.0 - std::sqrt(1.0 - (i + 0.5) / 400));  // density falling to 0 at 1
  const PiecewiseCdf cdf = unimodal_cdf(values, ones(values.size()));
  EXPECT_EQ(cdf.quantile(0.5), 0.0);
  EXPECT_NEAR(cdf.quantile(0.8), 1.0 - std::sqrt(0.5), 0.01);
}

TEST(UnimodalCdf, OneValueAndWeights) {
  EXPECT_EQ(unimodal_cdf(std::vector<double>{3.0}, ones(1)).quantile(0.5), 3.0);
  const std::vector<double> few = {0, 1, 2, 3}, weights = {1, 3, 2, 1};
  const std::vector<double> many = {0, 1, 1, 1, 2, 2, 3};
  const PiecewiseCdf weighted = unimodal_cdf(few, weights), repeated = unimodal_cdf(many, ones(7));
  for (const double u : {0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) EXPECT_DOUBLE_EQ(weighted.quantile(u), repeated.quantile(u));
}

TEST(PiecewiseCdf, TakesMoments) {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(std::sqrt((i + 0.5) / 300));
  const PiecewiseCdf cdf = unimodal_cdf(values, ones(300)).with_moments(5.0, 2.0);
  double mean = 0.0, square = 0.0;
  constexpr int kPoints = 100'000;
  for (int i = 0; i < kPoints; ++i) {
    const double x = cdf.quantile((i + 0.5) / kPoints);
    mean += x / kPoints;
    square += x * x / kPoints;
  }
  EXPECT_NEAR(mean, 5.0, 1e-6);
  EXPECT_NEAR(std::sqrt(square - mean * mean), 2.0, 1e-4);
}

}  // namespace
}  // namespace tessera::stats
