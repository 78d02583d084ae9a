// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "oracles.hpp"
#include "stats/p_adjust.hpp"
#include "stats/p_text.hpp"

namespace tessera::stats {
namespace {

TEST(AdjustedP, AgreesWithStatsmodels) {
  const auto oracle = read_oracle("adjustments");
  const Numbers p = oracle["p"];
  for (const auto& [name, adjustment] : {std::pair("bonferroni", Adjustment::bonferroni),
                                         {"holm", Adjustment::holm},
                                         {"benjamini_hochberg", Adjustment::benjamini_hochberg}}) {
    const Numbers adjusted = adjusted_p(p, adjustment), expected = oracle[name];
    for (std::size_t i = 0; i < p.size(); ++i) expect_close(adjusted[i], expected[i], 1e-13);
  }
}

TEST(AdjustedP, UndefinedOnesAreNoTests) {
  for (const Adjustment adjustment : {Adjustment::bonferroni, Adjustment::holm, Adjustment::benjamini_hochberg}) {
    const Numbers with = adjusted_p(Numbers{0.02, kUndefined, 0.3}, adjustment),
                  without = adjusted_p(Numbers{0.02, 0.3}, adjustment);
    EXPECT_EQ(with[0], without[0]);
    EXPECT_TRUE(std::isnan(with[1]));
    EXPECT_EQ(with[2], without[1]);
    EXPECT_TRUE(adjusted_p({}, adjustment).empty());
  }
}

TEST(PText, HasAFloor) {
  EXPECT_EQ(p_text(0.031249), "0.0312");
  EXPECT_EQ(p_text(1.0), "1");
  EXPECT_EQ(p_text(4.214e-7), "4.21e-07");
  EXPECT_EQ(p_text(1e-16), "1e-16");
  EXPECT_EQ(p_text(9.9e-17), "< 1e-16");
  EXPECT_EQ(p_text(0.0), "< 1e-16");
  EXPECT_EQ(p_text(1e-9, 1e-6), "< 1e-06");
  EXPECT_EQ(p_text(kUndefined), "undefined");
}

}  // namespace
}  // namespace tessera::stats
