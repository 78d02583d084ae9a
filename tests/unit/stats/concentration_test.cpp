// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "oracles.hpp"
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

}  // namespace
}  // namespace tessera::stats
