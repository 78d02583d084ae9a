// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace tessera::stats {

/// Least value of a function of few variables, without derivatives: Nelder & Mead, A simplex method for function minimization
/// (1965), with their coefficients. Deterministic; a local minimum near the start.
/// @param steps      first steps along each axis
/// @param tolerance  stops once the values at the corners differ by less
/// @param most       evaluations
template <std::size_t kSize, typename Function>
[[nodiscard]] std::array<double, kSize> nelder_mead(Function function, const std::array<double, kSize>& start,
                                                    const std::array<double, kSize>& steps, double tolerance, int most) {
  using Point = std::array<double, kSize>;
  struct Corner {
    Point at;
    double value;
  };
  int left = most;
  const auto corner_at = [&](const Point& at) {
    --left;
    return Corner{at, function(at)};
  };
  std::array<Corner, kSize + 1> corners;
  for (std::size_t i = 0; i <= kSize; ++i) {
    Point at = start;
    if (i > 0) at[i - 1] += steps[i - 1];
    corners[i] = corner_at(at);
  }
  while (left > 0) {
    std::ranges::stable_sort(corners, {}, &Corner::value);
    Corner& worst = corners.back();
    if (worst.value - corners.front().value <= tolerance) break;
    Point centre{};
    for (std::size_t i = 0; i < kSize; ++i) {
      for (std::size_t j = 0; j < kSize; ++j) centre[j] += corners[i].at[j] / static_cast<double>(kSize);
    }
    const auto along = [&](double factor) {
      Point at;
      for (std::size_t j = 0; j < kSize; ++j) at[j] = centre[j] + factor * (worst.at[j] - centre[j]);
      return corner_at(at);
    };
    const Corner reflected = along(-1.0);
    if (reflected.value < corners.front().value) {
      const Corner expanded = along(-2.0);
      worst = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < corners[kSize - 1].value) {
      worst = reflected;
    } else {
      const Corner contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < std::min(reflected.value, worst.value)) {
        worst = contracted;
      } else {
        for (std::size_t i = 1; i <= kSize; ++i) {
          Point at;
          for (std::size_t j = 0; j < kSize; ++j) at[j] = (corners[0].at[j] + corners[i].at[j]) / 2.0;
          corners[i] = corner_at(at);
        }
      }
    }
  }
  return std::ranges::min_element(corners, {}, &Corner::value)->at;
}

}  // namespace tessera::stats
