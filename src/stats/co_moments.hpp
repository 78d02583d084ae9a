// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "stats/moments.hpp"

namespace tessera::stats {

/// Sufficient statistics of two variables over the rows that have both and a positive weight.
struct CoMoments {
  std::int64_t n = 0;           ///< rows
  double weight = 0.0;          ///< sum of w
  double weight_squares = 0.0;  ///< sum of w^2
  double mean_x = 0.0;
  double mean_y = 0.0;
  double xx = 0.0;  ///< sum of w (x - mean_x)^2
  double yy = 0.0;
  double xy = 0.0;  ///< sum of w (x - mean_x)(y - mean_y)

  [[nodiscard]] double effective_n() const { return stats::effective_n(weight, weight_squares); }
};

/// Co-moments of both sets of rows. Chan, Golub & LeVeque (1983).
[[nodiscard]] CoMoments merged(const CoMoments& a, const CoMoments& b);

/// Co-moments of rows, for tests and small samples: West (1979). Rows without both values or a positive weight do not count.
/// @param weights [n] or empty: ones
[[nodiscard]] CoMoments co_moments_of(std::span<const double> x, std::span<const double> y,
                                      std::span<const double> weights = {});

}  // namespace tessera::stats
