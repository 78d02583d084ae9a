// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "exact/lloyd_update.hpp"

namespace tessera::exact {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

cpp_int wide(Int128 value) {
  const bool negative = value < 0;
  const UInt128 magnitude = negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  const cpp_int result = (cpp_int(static_cast<std::uint64_t>(magnitude >> 64)) << 64) + static_cast<std::uint64_t>(magnitude);
  return negative ? -result : result;
}

cpp_rational scaled(const cpp_int& value, int exponent) {
  const cpp_int power = cpp_int(1) << std::abs(exponent);
  return exponent >= 0 ? cpp_rational(value * power) : cpp_rational(value, power);
}

cpp_rational exact_value(float value) {
  int exponent = 0;
  const float fraction = std::frexp(value, &exponent);
  return scaled(cpp_int(static_cast<std::int64_t>(std::ldexp(fraction, 24))), exponent - 24);
}

/// `got` is the float32 nearest to `truth`; of two equally near, the one with an even last bit.
::testing::AssertionResult is_nearest(float got, const cpp_rational& truth) {
  const cpp_rational distance = abs(exact_value(got) - truth);
  for (const float side : {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()}) {
    const float neighbour = std::nextafter(got, side);
    if (std::isinf(neighbour)) continue;
    const cpp_rational other = abs(exact_value(neighbour) - truth);
    if (other < distance) return ::testing::AssertionFailure() << neighbour << " is nearer than " << got;
    if (other == distance && (std::bit_cast<std::uint32_t>(got) & 1U) != 0) {
      return ::testing::AssertionFailure() << got << " is a tie rounded to odd";
    }
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult check(Int128 sum, int sum_exponent, Int128 weight, int weight_exponent) {
  const cpp_rational truth = scaled(wide(sum), sum_exponent - weight_exponent) / cpp_rational(wide(weight));
  // The quick way, which leaves doubtful cases to long division, and long division for all.
  const auto size = static_cast<UInt128>(sum < 0 ? -sum : sum);
  const float divided = rounded_quotient(size, static_cast<UInt128>(weight), sum_exponent - weight_exponent);
  if (const auto result = is_nearest(sum < 0 ? -divided : divided, truth); !result) return result;
  return is_nearest(exact_mean(sum, sum_exponent, weight, weight_exponent), truth);
}

/// Random integers of 1 to `bits` bits, half of them with few bits set, where ties happen.
Int128 random_integer(std::mt19937_64& random, int bits) {
  const int length = 1 + static_cast<int>(random() % static_cast<unsigned>(bits));
  UInt128 value = (static_cast<UInt128>(random()) << 64) | random();
  if (random() % 2 == 0) value &= static_cast<UInt128>(0x8001000000000003ULL) << (random() % 64);
  value |= UInt128{1} << 127;
  return static_cast<Int128>(value >> (128 - length));
}

TEST(ExactMean, IsTheNearestFloatOfTheExactQuotient) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 40000; ++trial) {
    const Int128 magnitude = random_integer(random, 110);
    const Int128 weight = random_integer(random, trial % 2 == 0 ? 30 : 100);
    const Int128 sum = random() % 2 == 0 ? magnitude : -magnitude;
    // Exponents that keep the mean within float32's range, reaching into its subnormal numbers.
    const int top = bit_length(static_cast<UInt128>(magnitude)) - bit_length(static_cast<UInt128>(weight));
    const int weight_exponent = static_cast<int>(random() % 80) - 40;
    const int sum_exponent = static_cast<int>(random() % 280) - 155 - top + weight_exponent;
    ASSERT_TRUE(check(sum, sum_exponent, weight, weight_exponent)) << trial;
  }
}

TEST(ExactMean, RoundsTiesToEvenAlsoBelowTheNormalRange) {
  for (const int exponent : {0, -130, -140, -149, -150, -151}) {
    for (std::int64_t value : {1, 2, 3, 5, 7, 0x1000001, 0x1000003, 0x1000005, 0x1FFFFFF, 0x2000001}) {
      for (std::int64_t weight : {1, 2, 3, 4, 1024})
        EXPECT_TRUE(check(value, exponent, weight, 0)) << value << ' ' << weight << ' ' << exponent;
    }
  }
}

TEST(ExactMean, OfEqualRowsIsTheRow) {
  std::mt19937_64 random(2);
  for (int trial = 0; trial < 1000; ++trial) {
    const auto units = static_cast<std::int64_t>(random() % (1U << 24));
    const std::int64_t rows = 1 + static_cast<std::int64_t>(random() % 1000000007U);
    EXPECT_EQ(exact_mean(Int128{units} * rows, -40, rows, 0), std::ldexp(static_cast<float>(units), -40));
    EXPECT_EQ(exact_mean(-Int128{units} * rows * 3, -40, rows * 3, 0), -std::ldexp(static_cast<float>(units), -40));
  }
}

TEST(ExactMean, ZeroAndVanishingMeansAreZero) {
  EXPECT_EQ(exact_mean(0, 0, 5, 0), 0.0F);
  EXPECT_EQ(exact_mean(1, -200, 5, 0), 0.0F);
  EXPECT_EQ(exact_mean(1, -150, 1, 0), 0.0F);                                      // a tie, to even
  EXPECT_EQ(exact_mean(3, -151, 1, 0), std::numeric_limits<float>::denorm_min());  // above the tie
}

TEST(LloydUpdate, AppliesTheExponentOfEachFeature) {
  const std::vector<Int128> sums = {6, -6, 0};
  const std::vector<int> exponents = {0, -1, 3};
  std::vector<float> centroid(3, 9.0F);
  lloyd_update(sums.data(), 4, exponents.data(), 0, 3, centroid.data());
  EXPECT_EQ(centroid, (std::vector<float>{1.5F, -0.75F, 0.0F}));
}

TEST(BitLength, CountsBits) {
  EXPECT_EQ(bit_length(0), 0);
  for (int bit = 0; bit < 128; ++bit) {
    EXPECT_EQ(bit_length(UInt128{1} << bit), bit + 1);
    EXPECT_EQ(bit_length(~UInt128{0} >> bit), 128 - bit);
  }
}

}  // namespace
}  // namespace tessera::exact
