// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "exact/host_device.hpp"

namespace tessera::exact {

inline constexpr double kLn2High = 0x1.62e42fefa38p-1;  ///< 42 bits: exponent * kLn2High is exact
inline constexpr double kLn2Low = 0x1.ef35793c7673p-45;

/// log(1 + x) for finite x >= 0, in float64, by additions, multiplications and divisions only: the same bits on every machine
/// (libm's differ between versions). Within 2 ulp.
///
/// 1 + x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh(s) with s = (m - 1) / (m + 1), s^2 < 0.0295, whose Taylor
/// series ends below 2^-56 of its value after twelve terms. The rounding error of 1 + x comes back in first order.
TESSERA_HOST_DEVICE inline double log1p(double x) {
  if (x < 0x1p-53) return x;
  const double y = 1.0 + x;
  const double lost = (x >= 1.0 ? 1.0 - (y - x) : x - (y - 1.0)) / y;
  int exponent = 0;
  double m = frexp(y, &exponent);  // in [1/2, 1)
  if (m < 0.70710678118654752440) {
    m = m * 2.0;
    exponent = exponent - 1;
  }
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double series = 0.0;
  for (int term = 25; term >= 3; term -= 2) series = (series + 1.0 / static_cast<double>(term)) * z;
  const double k = static_cast<double>(exponent);
  const double small = 2.0 * s * series + (k * kLn2Low + lost);
  return k * kLn2High + (2.0 * s + small);
}

}  // namespace tessera::exact
