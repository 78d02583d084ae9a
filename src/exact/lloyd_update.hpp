// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// The exact quotient (sum 2^sum_exponent) / (weight 2^weight_exponent) rounded once to float32, ties to even.
/// Needs weight > 0 and bit_length(weight) <= 100.
TESSERA_HOST_DEVICE inline float exact_mean(Int128 sum, int sum_exponent, Int128 weight, int weight_exponent) {
  if (sum == 0) return 0.0F;
  const bool negative = sum < 0;
  UInt128 numerator = negative ? -static_cast<UInt128>(sum) : static_cast<UInt128>(sum);
  const auto denominator = static_cast<UInt128>(weight);

  const int shift = 127 - bit_length(numerator);
  numerator <<= shift;
  const UInt128 quotient = numerator / denominator;  // at least 26 bits
  const bool inexact = quotient * denominator != numerator;
  const int exponent = sum_exponent - weight_exponent - shift;  // value = quotient 2^exponent (+ less than one unit)

  const int bits = bit_length(quotient);
  const int leading = bits - 1 + exponent;                          // 2^leading <= value
  const int precision = leading >= -126 ? 24 : 24 + 126 + leading;  // fewer bits below float32's normal range
  if (precision < 0) return 0.0F;
  const int dropped = bits - precision;
  UInt128 mantissa = quotient >> dropped;
  const UInt128 rest = quotient - (mantissa << dropped);
  const UInt128 half = UInt128{1} << (dropped - 1);
  if (rest > half || (rest == half && (inexact || (mantissa & 1) != 0))) ++mantissa;
  const double magnitude = ldexp(static_cast<double>(static_cast<std::uint64_t>(mantissa)), dropped + exponent);
  return static_cast<float>(negative ? -magnitude : magnitude);
}

/// The next centroid [d] of one segment from its integer statistics; the same function on host and device.
TESSERA_HOST_DEVICE inline void lloyd_update(const Int128* sums, Int128 weight, const int* feature_exponent,
                                             int weight_exponent, std::int64_t d, float* centroid) {
  for (std::int64_t j = 0; j < d; ++j) centroid[j] = exact_mean(sums[j], feature_exponent[j], weight, weight_exponent);
}

}  // namespace tessera::exact
