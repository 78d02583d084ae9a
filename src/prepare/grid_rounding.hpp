// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "exact/grid.hpp"

namespace tessera {

/// The same bits as exact::to_grid, without the call that rint() is on processors before SSE4.1: loops over it vectorize.
/// Adding 2^52 to a magnitude below it leaves no room for a fraction, so that the addition itself rounds, ties to even.
[[nodiscard]] inline float round_to_grid(double value, exact::Grid grid) {
  const double scaled = value * grid.inverse;
  const double magnitude = std::fabs(scaled);
  const double rounded = (magnitude + 0x1p52) - 0x1p52;
  const double whole = magnitude < 0x1p52 ? rounded : magnitude;
  return static_cast<float>(std::copysign(whole, scaled) * grid.unit);
}

}  // namespace tessera
