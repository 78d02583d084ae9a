// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"

namespace tessera::stats {

/// Distance of two normals in their joint spread; above 2 they are clearly separate. Ashman, Bird & Zepf (1994). Undefined
/// without spread.
[[nodiscard]] double ashman_d(double mean_a, double sd_a, double mean_b, double sd_b);

/// Central moments about the mean, divided by the weight: sum of w (x - mean)^r / sum of w.
struct CentralMoments {
  double second = kUndefined;
  double third = kUndefined;
  double fourth = kUndefined;
  double n = 0.0;  ///< effective
};

/// (skewness^2 + 1) / kurtosis with the corrections for small n; 5/9 for uniform values, above it suspicious; skewed unimodal
/// values exceed it, too. SAS Institute (1989); Pfister et al. (2013). Undefined for n <= 3 or without spread.
[[nodiscard]] double bimodality_coefficient(const CentralMoments& moments);

}  // namespace tessera::stats
