// SPDX-License-Identifier: Apache-2.0
#include "exact/slack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace tessera::exact {
namespace {

TEST(Slack, IsAlmostTheGapAndNeverMore) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-20.0, 20.0);
  for (int i = 0; i < 200000; ++i) {
    const double near = std::exp2(exponent(random));
    const double far = near + std::exp2(exponent(random));
    const auto norm = static_cast<float>(std::exp2(exponent(random)));
    const double square = static_cast<double>(norm) * static_cast<double>(norm);
    // What a screen without errors would have found, rounded to the safe side.
    const float threshold =
        std::nextafterf(static_cast<float>((square - near * near) / 2.0), -std::numeric_limits<float>::infinity());
    const float rival = std::nextafterf(static_cast<float>((square - far * far) / 2.0), std::numeric_limits<float>::infinity());
    if (!(threshold > rival)) continue;
    const double slack = static_cast<double>(slack_of(norm, threshold, rival));
    ASSERT_LE(slack, std::max(0.0, (far - near) - far * 0x1p-21)) << norm << ' ' << near << ' ' << far;
    if (square < far * far) {  // nothing cancels
      ASSERT_GE(slack, (far - near) * (1.0 - 0x1p-12) - far * 0x1p-9) << norm << ' ' << near << ' ' << far;
    }
  }
}

TEST(Slack, WithoutAnotherCentroidIsLargeAndFinite) {
  const float slack = slack_of(3.0F, -1.0F, -std::numeric_limits<float>::infinity());
  EXPECT_GT(slack, 1e15F);
  EXPECT_TRUE(std::isfinite(slack));
}

TEST(Slack, OfKnownDistancesIsAlmostTheirDifferenceAndNeverMore) {
  EXPECT_EQ(slack_between(4.0, 4.0), 0.0F);
  EXPECT_EQ(slack_between(0.0, std::numeric_limits<double>::infinity()), 0.0F);  // there is no other
  EXPECT_LT(slack_between(4.0, 9.0), 1.0F);
  EXPECT_GT(slack_between(4.0, 9.0), 0.9999F);
}

/// However small the moves, and however many: what a row has kept is never found to be more than it was.
TEST(Slack, IsUsedUpByDrift) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-60.0, 2.0);
  for (int i = 0; i < 2000; ++i) {
    double before = std::exp2(exponent(random)) * 1000.0;
    const float slack = static_cast<float>(std::exp2(exponent(random)));
    const float kept = kept_slack(slack, rounded_down(before));
    long double used = 0.0L;
    double drift = before;
    for (int pass = 0; pass < 100; ++pass) {
      const double own = std::exp2(exponent(random)), other = std::exp2(exponent(random));
      drift += drift_of(own, other);
      used += static_cast<long double>(own) + static_cast<long double>(other);
      if (used >= static_cast<long double>(slack)) {
        ASSERT_FALSE(kept > rounded_up(drift)) << slack << ' ' << before;
      }
    }
  }
}

TEST(Slack, RoundsToEitherSide) {
  const double third = 1.0 / 3.0;
  EXPECT_GT(static_cast<double>(rounded_up(third)), third);
  EXPECT_LT(static_cast<double>(rounded_down(third)), third);
  EXPECT_EQ(rounded_up(third), std::nextafterf(rounded_down(third), 1.0F));
  EXPECT_EQ(rounded_up(0.25), 0.25F);
  EXPECT_EQ(rounded_down(0.25), 0.25F);
}

}  // namespace
}  // namespace tessera::exact
