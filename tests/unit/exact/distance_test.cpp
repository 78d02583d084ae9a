// SPDX-License-Identifier: Apache-2.0
#include "exact/distance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace tessera::exact {
namespace {

TEST(ReferenceDistance, AddsInTheOrderOfTheFeatures) {
  // 1 + 2^-53 + 2^-53: ascending order rounds each half away, the other order would keep them.
  const std::vector<float> x = {1.0F, 0x1p-27F, 0x1p-27F, 0x1p-27F, 0x1p-27F};
  const std::vector<float> zero(5, 0.0F);
  EXPECT_EQ(reference_distance2(x.data(), zero.data(), 5), 1.0);
  const std::vector<float> reversed(x.rbegin(), x.rend());
  EXPECT_EQ(reference_distance2(reversed.data(), zero.data(), 5), 1.0 + 0x1p-52);
}

TEST(ReferenceDistance, RoundsTheProductBeforeAdding) {
  // The square of 1 + 2^-23 + 2^-30 as a double difference has more than 53 bits after the sum is formed only if fused.
  const std::vector<float> x = {3.0F, 0x1.000002p0F};
  const std::vector<float> c = {0.0F, -0x1.000002p-30F};
  const double difference = 0x1.000002p0 + 0x1.000002p-30;
  const volatile double square = difference * difference;
  EXPECT_EQ(reference_distance2(x.data(), c.data(), 2), 9.0 + square);
}

TEST(TwoNearest, GivesTiesToTheLowestIndex) {
  TwoNearest two;
  for (std::int32_t c = 0; c < 4; ++c) two.offer(c, c == 0 ? 2.0 : 1.0);
  EXPECT_EQ(two.first, 1);
  EXPECT_EQ(two.second, 2);
  EXPECT_EQ(two.first_distance2, 1.0);
  EXPECT_EQ(two.second_distance2, 1.0);
}

TEST(TwoNearest, IsTheFirstCentroidWhenNoDistanceIsANumber) {
  TwoNearest two;
  for (std::int32_t c = 0; c < 3; ++c) two.offer(c, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(two.first, 0);
  EXPECT_EQ(two.second, 1);
}

TEST(TwoNearest, OfferingInAnyOrderGivesTheSame) {
  std::mt19937 bits(1);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> distance2(1 + bits() % 6);
    for (double& value : distance2) value = static_cast<double>(bits() % 4);
    TwoNearest ascending;
    for (std::size_t c = 0; c < distance2.size(); ++c) ascending.offer(static_cast<std::int32_t>(c), distance2[c]);
    std::vector<std::int32_t> order(distance2.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), bits);
    TwoNearest shuffled;
    for (const std::int32_t c : order) shuffled.offer_in_any_order(c, distance2[static_cast<std::size_t>(c)]);
    ASSERT_EQ(shuffled.first, ascending.first);
    ASSERT_EQ(shuffled.second, ascending.second);
    ASSERT_EQ(shuffled.first_distance2, ascending.first_distance2);
    ASSERT_EQ(shuffled.second_distance2, ascending.second_distance2);
  }
}

}  // namespace
}  // namespace tessera::exact
