// SPDX-License-Identifier: Apache-2.0
#include "tessera/statistics.hpp"

#include <gtest/gtest.h>

namespace tessera {
namespace {

NearestStatistics filled(std::int64_t seed) {
  NearestStatistics statistics(2, 3);
  for (std::int64_t s = 0; s < 2; ++s) {
    for (std::int64_t j = 0; j < 3; ++j) statistics.sums(s, j) = (Int128{1} << 90) * (seed + s) - j;
    statistics.weights[static_cast<std::size_t>(s)] = (Int128{1} << 70) + seed * (s + 1);
    statistics.rows[static_cast<std::size_t>(s)] = seed + s;
  }
  statistics.objective = -(Int128{1} << 100) * seed;
  statistics.reference_rows = 5 * seed;
  return statistics;
}

TEST(NearestStatistics, AddsEveryMemberBeyond64Bits) {
  NearestStatistics sum = filled(1);
  sum.add(filled(2));
  for (std::int64_t s = 0; s < 2; ++s) {
    for (std::int64_t j = 0; j < 3; ++j) EXPECT_TRUE(sum.sums(s, j) == (Int128{1} << 90) * (3 + 2 * s) - 2 * j);
    EXPECT_TRUE(sum.weights[static_cast<std::size_t>(s)] == (Int128{1} << 71) + 3 * (s + 1));
    EXPECT_EQ(sum.rows[static_cast<std::size_t>(s)], 3 + 2 * s);
  }
  EXPECT_TRUE(sum.objective == -(Int128{3} << 100));
  EXPECT_EQ(sum.reference_rows, 15);
}

TEST(NearestStatistics, OrderDoesNotMatter) {
  NearestStatistics forward = filled(1), backward = filled(3);
  forward.add(filled(2));
  forward.add(filled(3));
  backward.add(filled(2));
  backward.add(filled(1));
  EXPECT_TRUE(forward == backward);
}

}  // namespace
}  // namespace tessera
