// SPDX-License-Identifier: Apache-2.0
#include "exact/log1p.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace tessera::exact {
namespace {

/// Error of log1p(x) in units of the last place of the result, against a wider type.
double error_ulp(double x) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "the oracle must be wider than what it judges");
  const long double truth = std::log1p(static_cast<long double>(x));
  const double got = log1p(x);
  const auto rounded = static_cast<double>(truth);
  const double ulp = std::nextafter(rounded, std::numeric_limits<double>::infinity()) - rounded;
  return static_cast<double>(std::abs(static_cast<long double>(got) - truth)) / ulp;
}

TEST(Log1p, IsWithinTwoUlpOverTheWholeRange) {
  std::mt19937_64 bits(1);
  double worst = 0.0;
  double worst_at = 0.0;
  for (int trial = 0; trial < 2000000; ++trial) {
    // Every exponent of a finite double is equally likely, then the range where rows live.
    const double x = trial % 2 == 0
                         ? std::bit_cast<double>(bits() % 0x7FF0000000000000ULL)
                         : std::ldexp(1.0 + static_cast<double>(bits() >> 12) * 0x1p-52, static_cast<int>(bits() % 90) - 60);
    const double error = error_ulp(x);
    if (error > worst) {
      worst = error;
      worst_at = x;
    }
  }
  EXPECT_LE(worst, 2.0) << "at " << worst_at;
}

TEST(Log1p, HandlesBordersOfItsCases) {
  for (const double x : {0.0, std::numeric_limits<double>::denorm_min(), 0x1p-53, 0x1.8p-53, 0x1p-52, std::sqrt(2.0) - 1.0,
                         std::nextafter(std::sqrt(2.0) - 1.0, 1.0), 1.0, std::nextafter(1.0, 0.0), 0x1p53, 0x1p54,
                         std::numeric_limits<double>::max()}) {
    EXPECT_LE(error_ulp(x), 2.0) << x;
  }
  EXPECT_EQ(log1p(0.0), 0.0);
}

TEST(Log1p, NeverFallsFromOneCountToTheNext) {
  double last = 0.0;
  for (int x = 1; x < 300000; ++x) {
    const double value = log1p(x);
    ASSERT_GT(value, last);
    last = value;
  }
}

}  // namespace
}  // namespace tessera::exact
