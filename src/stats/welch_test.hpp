// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/moments.hpp"

namespace tessera::stats {

/// The difference of two means.
struct MeanDifference {
  double difference = kUndefined;  ///< a - b
  double standard_error = kUndefined;
  Interval interval;  ///< of the difference
  TestResult test;    ///< t
};

/// Welch's t test of two means with unequal variances, Satterthwaite's degrees of freedom.
/// Welch, The generalization of Student's problem (1947). The test is undefined where a group has n <= 1 or both have no
/// spread.
[[nodiscard]] MeanDifference welch_test(const Moments& a, const Moments& b, double confidence = kConfidence);

}  // namespace tessera::stats
