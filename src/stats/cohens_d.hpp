// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/moments.hpp"

namespace tessera::stats {

/// A difference of means in standard deviations.
struct StandardizedDifference {
  double d = kUndefined;  ///< Cohen's: (mean a - mean b) / pooled standard deviation
  double g = kUndefined;  ///< Hedges': d without its small-sample bias
  Interval interval;      ///< of g
};

/// Cohen, Statistical Power Analysis (1988); Hedges, Distribution theory for Glass's estimator of effect size (1981), with the
/// normal interval of Hedges & Olkin, Statistical Methods for Meta-Analysis (1985), chapter 5. Undefined where a group has
/// n <= 1 or there is no spread within groups.
[[nodiscard]] StandardizedDifference cohens_d(const Moments& a, const Moments& b, double confidence = kConfidence);

}  // namespace tessera::stats
