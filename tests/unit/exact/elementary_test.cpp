// SPDX-License-Identifier: Apache-2.0
#include "exact/elementary.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace tessera::exact {
namespace {

/// |got - truth| in units of the last place.
double error_ulp(double got, long double truth) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "the oracle must be wider than what it judges");
  const auto rounded = static_cast<double>(truth);
  const double ulp = std::nextafter(std::abs(rounded), std::numeric_limits<double>::infinity()) - std::abs(rounded);
  return static_cast<double>(std::abs(static_cast<long double>(got) - truth)) / ulp;
}

TEST(Exp, IsWithinTwoUlpWhereItIsNotZero) {
  std::mt19937_64 bits(1);
  for (int trial = 0; trial < 1000000; ++trial) {
    const double u = static_cast<double>(bits() >> 11) * 0x1p-53;
    const double x = trial % 3 == 0 ? -700.0 * u : trial % 3 == 1 ? -u : -std::ldexp(u, -static_cast<int>(bits() % 60));
    ASSERT_LE(error_ulp(exp_of(x), std::exp(static_cast<long double>(x))), 2.0) << "at " << x;
  }
}

TEST(Exp, EndsInZero) {
  EXPECT_EQ(exp_of(0.0), 1.0);
  EXPECT_EQ(exp_of(-0.0), 1.0);
  EXPECT_GT(exp_of(-700.0), 0.0);
  EXPECT_EQ(exp_of(-700.1), 0.0);
  EXPECT_EQ(exp_of(-1e300), 0.0);
  EXPECT_EQ(exp_of(-std::numeric_limits<double>::infinity()), 0.0);
}

TEST(Log, IsWithinTwoUlpOfEveryNormalNumber) {
  std::mt19937_64 bits(2);
  for (int trial = 0; trial < 1000000; ++trial) {
    const double wide = std::bit_cast<double>(0x0010000000000000U + bits() % 0x7FE0000000000000U);
    const double near_one = 1.0 + std::ldexp(static_cast<double>(bits() >> 11), -53 - static_cast<int>(bits() % 40));
    const double x = trial % 2 == 0 ? wide : trial % 4 == 1 ? near_one : 1.0 / near_one;
    ASSERT_LE(error_ulp(log_of(x), std::log(static_cast<long double>(x))), 2.0) << "at " << x;
  }
  EXPECT_EQ(log_of(1.0), 0.0);
}

}  // namespace
}  // namespace tessera::exact
