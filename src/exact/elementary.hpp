// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "exact/host_device.hpp"
#include "exact/log1p.hpp"

namespace tessera::exact {

// exp and log by additions, fused multiply-adds and divisions in a written order, so that they have the same bits on every
// machine and in every lane of a vector. Kernels repeat the steps with vectors.

inline constexpr double kLog2E = 0x1.71547652b82fep0;
inline constexpr double kRoundToInteger = 0x1.8p52;  ///< adding it leaves the nearest integer in the lowest bits
inline constexpr double kExpLeast = -700.0;          ///< below, exp_of is 0
inline constexpr double kSqrt2 = 0x1.6a09e667f3bcdp0;
inline constexpr double kExponentShift = 0x1p52 + 1023.0;

// Functions, because device code sees no arrays of the host.

inline constexpr int kExpTerms = 14;
/// 1/k! for k = 13, 12, ..., 0, by t = 13 - k: exp(r) for |r| <= log(2)/2 to 2^-57 of its value.
TESSERA_HOST_DEVICE constexpr double exp_term(int t) {
  constexpr double kTerms[kExpTerms] = {
      1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
      1.0 / 720.0,        1.0 / 120.0,       1.0 / 24.0,       1.0 / 6.0,       1.0 / 2.0,      1.0,           1.0};
  return kTerms[t];
}

inline constexpr int kLogTerms = 11;
/// 1/(2 k + 1) for k = 11, 10, ..., 1, by t = 11 - k: artanh(s) for |s| <= 0.172 to 2^-57 of its value.
TESSERA_HOST_DEVICE constexpr double log_term(int t) { return 1.0 / static_cast<double>(23 - 2 * t); }

TESSERA_HOST_DEVICE inline std::uint64_t bits_of(double x) {
  std::uint64_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return bits;
}
TESSERA_HOST_DEVICE inline double from_bits(std::uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof(x));
  return x;
}

/// exp(x) for x <= 0; 0 below -700. Within 2 ulp.
TESSERA_HOST_DEVICE inline double exp_of(double x) {
  if (x < kExpLeast) return 0.0;
  const double shifted = fma(x, kLog2E, kRoundToInteger);
  const double n = shifted - kRoundToInteger;
  const double r = fma(-n, kLn2Low, fma(-n, kLn2High, x));
  double series = exp_term(0);
  for (int t = 1; t < kExpTerms; ++t) series = fma(series, r, exp_term(t));
  return series * from_bits((bits_of(shifted) + 1023U) << 52);
}

/// log(x) for normal x > 0. Within 2 ulp, next to 1 as well.
TESSERA_HOST_DEVICE inline double log_of(double x) {
  const std::uint64_t bits = bits_of(x);
  double exponent = from_bits((bits >> 52) | 0x4330000000000000U) - kExponentShift;
  double m = from_bits((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);  // in [1, 2)
  if (m > kSqrt2) {
    m = m * 0.5;
    exponent = exponent + 1.0;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double series = log_term(0);
  for (int t = 1; t < kLogTerms; ++t) series = fma(series, z, log_term(t));
  const double twice = s + s;
  const double small = fma(twice, z * series, exponent * kLn2Low);
  return fma(exponent, kLn2High, twice + small);
}

}  // namespace tessera::exact
