// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::stats {

/// The distribution function of given values: it rises from below[i] to upto[i] at x[i].
struct DistributionSteps {
  std::vector<double> x;      ///< distinct, ascending
  std::vector<double> below;  ///< share of the values below x
  std::vector<double> upto;   ///< below or at x; the last is 1
};

/// @param sorted   [n] ascending
/// @param weights  [n] > 0, or empty: ones
[[nodiscard]] DistributionSteps distribution_steps(std::span<const double> sorted, std::span<const double> weights);

enum class Hull { lower, upper };

/// Corners of the lower hull (greatest convex minorant) or upper hull (least concave majorant) of the points first..last, from
/// left to right: Andrew (1979).
/// @param x  ascending, distinct
[[nodiscard]] std::vector<std::size_t> hull_corners(std::span<const double> x, std::span<const double> y, std::size_t first,
                                                    std::size_t last, Hull hull);

/// Heights of that hull at each point from its first corner to its last.
[[nodiscard]] std::vector<double> hull_heights(std::span<const double> x, std::span<const double> y,
                                               std::span<const std::size_t> corners);

}  // namespace tessera::stats
