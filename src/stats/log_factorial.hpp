// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace tessera::stats {

/// log n! to 1e-14 of its value: products below 16, Stirling's series above (the C library's lgamma is not thread-safe).
/// Abramowitz & Stegun (1964), 6.1.41.
[[nodiscard]] inline double log_factorial(std::int64_t n) {
  constexpr std::array<double, 16> kFactorials = {
      1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800, 87178291200, 1307674368000};
  if (n < 16) return std::log(kFactorials[static_cast<std::size_t>(n)]);
  const double x = static_cast<double>(n) + 1.0;
  const double inverse = 1.0 / x;
  const double square = inverse * inverse;
  const double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
  return (x - 0.5) * std::log(x) - x + 0.5 * std::log(2.0 * std::numbers::pi) + series;
}

}  // namespace tessera::stats
