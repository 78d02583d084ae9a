// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "exact/host_device.hpp"
#include "tessera/int128.hpp"

namespace tessera::exact {

TESSERA_HOST_DEVICE inline int bit_length(UInt128 value) {
  int bits = 0;
  for (int step = 64; step > 0; step /= 2) {
    if ((value >> step) != 0) {
      value >>= step;
      bits += step;
    }
  }
  return bits + (value != 0 ? 1 : 0);
}

/// A float64 within two units in the last place.
TESSERA_HOST_DEVICE inline double nearly(UInt128 value) {
  if ((value >> 63) == 0) return static_cast<double>(static_cast<std::int64_t>(value));  // as a rule, and quicker
  return static_cast<double>(static_cast<std::uint64_t>(value >> 64)) * 0x1p64 +
         static_cast<double>(static_cast<std::uint64_t>(value));
}

/// Whether numbers within 16 units in the last place of a float64 all round to the same normal float32: they do unless the
/// middle between two float32 is close (Ziv: Fast evaluation of elementary mathematical functions, 1991).
TESSERA_HOST_DEVICE inline bool rounds_surely(double value) {
  constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29) - 1;  // bits that a float32 lacks
  constexpr std::uint64_t kMiddle = std::uint64_t{1} << 28;
  constexpr std::uint64_t kDoubt = 16;
  const std::uint64_t rest = std::bit_cast<std::uint64_t>(value) & kDropped;
  return rest + kDoubt < kMiddle || rest > kMiddle + kDoubt;
}

/// numerator 2^exponent / denominator rounded once to float32, ties to even, by long division; both are positive.
TESSERA_HOST_DEVICE inline float rounded_quotient(UInt128 numerator, UInt128 denominator, int exponent) {
  // With leading ones in the same place, the quotient lies between 1/2 and 2: 27 steps give 26 bits or 27.
  constexpr int kSteps = 27;
  const int numerator_shift = 127 - bit_length(numerator);
  const int denominator_shift = 127 - bit_length(denominator);
  UInt128 rest = numerator << numerator_shift;
  const UInt128 divisor = denominator << denominator_shift;
  std::uint32_t quotient = 0;
  for (int step = 0; step < kSteps; ++step) {
    const bool fits = rest >= divisor;
    rest = (rest - (fits ? divisor : UInt128{0})) << 1;
    quotient = quotient << 1 | (fits ? 1U : 0U);
  }
  exponent += denominator_shift - numerator_shift - (kSteps - 1);  // value = quotient 2^exponent (+ less than one unit)

  const int bits = (quotient >> (kSteps - 1)) != 0 ? kSteps : kSteps - 1;
  const int leading = bits - 1 + exponent;                          // 2^leading <= value
  const int precision = leading >= -126 ? 24 : 24 + 126 + leading;  // fewer bits below float32's normal range
  if (precision < 0) return 0.0F;
  const int dropped = bits - precision;
  std::uint32_t mantissa = quotient >> dropped;
  const std::uint32_t tail = quotient - (mantissa << dropped);
  const std::uint32_t half = 1U << (dropped - 1);
  if (tail > half || (tail == half && (rest != 0 || (mantissa & 1U) != 0))) ++mantissa;
  return static_cast<float>(ldexp(static_cast<double>(mantissa), dropped + exponent));
}

/// The exact quotient (sum 2^sum_exponent) / (weight 2^weight_exponent) rounded once to float32, ties to even.
/// Needs weight > 0 and bit_length(weight) <= 100.
TESSERA_HOST_DEVICE inline float exact_mean(Int128 sum, int sum_exponent, Int128 weight, int weight_exponent) {
  if (sum == 0) return 0.0F;
  const bool negative = sum < 0;
  const UInt128 numerator = negative ? -static_cast<UInt128>(sum) : static_cast<UInt128>(sum);
  const auto denominator = static_cast<UInt128>(weight);
  const int exponent = sum_exponent - weight_exponent;
  // Three roundings of at most two units each, and scaling by a power of two, which is exact well within the range.
  constexpr int kBias = 1023, kMostExponent = 800;
  const bool usual = exponent > -kMostExponent && exponent < kMostExponent;
  const double scale = std::bit_cast<double>(static_cast<std::uint64_t>((usual ? exponent : 0) + kBias) << 52);
  const double close = nearly(numerator) / nearly(denominator) * scale;
  constexpr double kLeast = 0x1p-120, kMost = 0x1p120;
  const float size = usual && close > kLeast && close < kMost && rounds_surely(close)
                         ? static_cast<float>(close)
                         : rounded_quotient(numerator, denominator, exponent);
  return negative ? -size : size;
}

/// The next centroid [d] of one segment from its integer statistics; the same function on host and device.
TESSERA_HOST_DEVICE inline void lloyd_update(const Int128* sums, Int128 weight, const int* feature_exponent,
                                             int weight_exponent, std::int64_t d, float* centroid) {
  for (std::int64_t j = 0; j < d; ++j) centroid[j] = exact_mean(sums[j], feature_exponent[j], weight, weight_exponent);
}

}  // namespace tessera::exact
