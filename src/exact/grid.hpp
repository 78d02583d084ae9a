// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/host_device.hpp"

namespace tessera::exact {

/// Bits of a column's largest value, in units of its grid. 2^22 rows of 40 bits fit an int64; 2^13 rows are exact in a double.
inline constexpr int kGridBits = 40;
/// Rows whose sums of grid units fit an int64.
inline constexpr std::int64_t kIntegerBlockRows = std::int64_t{1} << 22;
/// Rows whose sums of grid multiples are exact in float64, in any order.
inline constexpr std::int64_t kExactDoubleRows = std::int64_t{1} << (53 - kGridBits);

/// A power-of-two unit. Multiplying by either member is exact (short of over- and underflow).
struct Grid {
  double unit = 1.0;
  double inverse = 1.0;
};

TESSERA_HOST_DEVICE inline Grid make_grid(int exponent) { return {ldexp(1.0, exponent), ldexp(1.0, -exponent)}; }

/// Smallest e with 2^e >= value; value > 0 and finite. 0 for value = 0.
TESSERA_HOST_DEVICE inline int ceil_exponent(double value) {
  if (!(value > 0.0)) return 0;
  int exponent = 0;
  const double fraction = frexp(value, &exponent);
  return fraction == 0.5 ? exponent - 1 : exponent;
}

/// Exponent of the grid of a column with the given largest magnitude, in a table with the given largest row weight.
TESSERA_HOST_DEVICE inline int grid_exponent(double largest_magnitude, double largest_weight) {
  return ceil_exponent(largest_magnitude * (largest_weight > 1.0 ? largest_weight : 1.0)) - kGridBits;
}

/// Rounds a prepared value onto the grid, ties to even; the result is a float32 that is a whole multiple of the unit.
/// A value beyond 2^(exponent + kGridBits) (a new customer) is a multiple already.
TESSERA_HOST_DEVICE inline float to_grid(double value, Grid grid) {
  return static_cast<float>(rint(value * grid.inverse) * grid.unit);
}

/// w * x in grid units, a pure function of the row: weight 2 counts like the row twice. The product of two float32 is exact.
TESSERA_HOST_DEVICE inline std::int64_t weighted_units(float weight, float value, Grid grid) {
  return llrint(static_cast<double>(weight) * static_cast<double>(value) * grid.inverse);
}

/// A weight (or w * d^2) in its units.
TESSERA_HOST_DEVICE inline std::int64_t units_of(double value, Grid grid) { return llrint(value * grid.inverse); }

}  // namespace tessera::exact
