// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/co_moments.hpp"

namespace tessera::stats {

struct Correlation {
  double r = kUndefined;  ///< in [-1, 1]
  double n = 0.0;         ///< effective
  Interval interval;
  TestResult test;
};

/// Pearson's correlation with Student's t test and Fisher's z interval. Pearson (1896); Fisher (1915, 1921). Undefined where a
/// variable has no spread; interval for n <= 3, test for n <= 2.
[[nodiscard]] Correlation pearson(const CoMoments& moments, double confidence = kConfidence);

/// The same for a correlation that is known already.
/// @param controls  variables held constant (partial correlation): each costs one of n
[[nodiscard]] Correlation correlation_of(double r, double n, double controls = 0.0, double confidence = kConfidence);

struct CorrelationDifference {
  double q = kUndefined;  ///< Cohen's effect size (1988): atanh a - atanh b
  Interval interval;      ///< of q
  TestResult test;        ///< z
};

/// Fisher's z test that two correlations in independent groups are equal. Fisher (1921). Undefined for n <= 3 or |r| = 1.
[[nodiscard]] CorrelationDifference compare_correlations(double r_a, double n_a, double r_b, double n_b,
                                                         double confidence = kConfidence);

}  // namespace tessera::stats
