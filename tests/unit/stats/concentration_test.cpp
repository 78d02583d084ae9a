// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "oracles.hpp"
#include "stats/histogram_quantile.hpp"
#include "stats/lorenz.hpp"

namespace tessera::stats {
namespace {

TEST(LorenzCurve, GiniIsTheMeanDifferenceOfPairs) {
  const auto oracle = read_oracle("concentration");
  const Numbers value = oracle["value"], weight = oracle["weight"];
  std::vector<ValueTally> tally;
  for (std::size_t i = 0; i < value.size(); ++i) tally.push_back({value[i], weight[i]});
  const LorenzCurve curve(tally);
  expect_close(curve.gini(), oracle["gini"], 1e-13);
  // 13 customers with 58 in all; the richest has 40, the next two 5 each.
  expect_close(curve.top_share(1.0 / 13.0), 40.0 / 58.0, 1e-12);
  expect_close(curve.top_share(2.0 / 13.0), 45.0 / 58.0, 1e-12);
  expect_close(curve.top_share(1.0), 1.0, 1e-15);
  EXPECT_EQ(curve.top_share(0.0), 0.0);
  EXPECT_EQ(curve.bottom_share(4.0 / 13.0), 0.0);
  EXPECT_EQ(curve.customers().size(), curve.totals().size());
  EXPECT_EQ(curve.totals().front(), 0.0);
  EXPECT_EQ(curve.totals().back(), 1.0);
}

TEST(LorenzCurve, EqualValuesHaveNoInequality) {
  const LorenzCurve curve(std::vector<ValueTally>{{3.0, 7.0}});
  EXPECT_EQ(curve.gini(), 0.0);
  expect_close(curve.top_share(0.2), 0.2, 1e-14);
}

TEST(LorenzCurve, Degenerate) {
  using Tally = std::vector<ValueTally>;
  for (const Tally& tally : {Tally{}, Tally{{0.0, 5.0}}, Tally{{-1.0, 1.0}, {4.0, 1.0}}, Tally{{2.0, 0.0}},
                             Tally{{kUndefined, 1.0}}, Tally{{1.0, kUndefined}}, Tally{{INFINITY, 1.0}}}) {
    const LorenzCurve curve(tally);
    EXPECT_TRUE(std::isnan(curve.gini()));
    EXPECT_TRUE(std::isnan(curve.top_share(0.2)));
    EXPECT_TRUE(curve.customers().empty());
  }
  EXPECT_TRUE(std::isnan(LorenzCurve(Tally{{1.0, 1.0}}).top_share(kUndefined)));
  EXPECT_TRUE(std::isnan(LorenzCurve(Tally{{1.0, 1.0}}).bottom_share(1.5)));
}

TEST(HistogramQuantile, LiesWithinItsErrorOfTheExactOne) {
  Numbers values;
  for (int i = 0; i < 997; ++i)
    values.push_back(std::fmod(i * 0.6180339887498949, 1.0) * std::fmod(i * 0.7548776662466927, 1.0) * 10.0);
  std::ranges::sort(values);
  Numbers edges, weights(40);
  for (int i = 0; i <= 40; ++i) edges.push_back(i * 0.25);
  for (const double value : values) weights[static_cast<std::size_t>(value / 0.25)] += 1.0;
  for (const double share : {0.01, 0.25, 0.5, 0.75, 0.99}) {
    const HistogramQuantile quantile = histogram_quantile(edges, weights, share);
    const double exact = values[static_cast<std::size_t>(std::ceil(share * 997.0)) - 1];
    EXPECT_NEAR(quantile.value, exact, quantile.error);
    EXPECT_LE(quantile.error, 0.25);
  }
}

TEST(HistogramQuantile, EndsAndGaps) {
  const Numbers edges = {0, 1, 2, 3, 4}, weights = {0, 4, 0, 4};
  EXPECT_EQ(histogram_quantile(edges, weights, 0.0).value, 1.0);
  EXPECT_EQ(histogram_quantile(edges, weights, 0.25).value, 1.5);
  EXPECT_EQ(histogram_quantile(edges, weights, 0.5).value, 2.0);
  EXPECT_EQ(histogram_quantile(edges, weights, 0.75).value, 3.5);
  EXPECT_EQ(histogram_quantile(edges, weights, 1.0).value, 4.0);
  EXPECT_TRUE(std::isnan(histogram_quantile(edges, Numbers{0, 0, 0, 0}, 0.5).value));
  EXPECT_TRUE(std::isnan(histogram_quantile(edges, Numbers{0, -1, 3, 0}, 0.5).value));
  EXPECT_TRUE(std::isnan(histogram_quantile(edges, weights, kUndefined).value));
  EXPECT_TRUE(std::isnan(histogram_quantile({}, {}, 0.5).value));
}

}  // namespace
}  // namespace tessera::stats
