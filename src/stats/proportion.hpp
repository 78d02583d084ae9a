// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"

namespace tessera::stats {

/// A share of rows, with the n that it rests on. Rates, CSAT top-2-box and shares of categories are proportions.
struct Proportion {
  double value = kUndefined;  ///< in [0, 1]
  double n = 0.0;             ///< effective (moments.hpp)
};

/// @param hits            weight of the rows that count
/// @param weight          of all rows with a value
/// @param weight_squares  sum of the squares of the latter
[[nodiscard]] Proportion proportion(double hits, double weight, double weight_squares);

/// Wilson, Probable inference, the law of succession, and statistical inference (1927). Undefined without rows.
[[nodiscard]] Interval wilson_interval(Proportion share, double confidence = kConfidence);

/// The difference of two independent proportions.
struct ProportionDifference {
  double difference = kUndefined;  ///< a - b
  Interval interval;               ///< Newcombe's hybrid of Wilson's intervals (1998, method 10)
  TestResult test;                 ///< z with pooled variance; undefined where both are 0 or both 1
  double h = kUndefined;           ///< Cohen's (1988): 2 asin sqrt(a) - 2 asin sqrt(b)
  Interval h_interval;             ///< normal, variance 1 / n each
};

/// Two-proportion z test without continuity correction, with interval and effect size. Undefined if either has no rows.
[[nodiscard]] ProportionDifference compare_proportions(Proportion a, Proportion b, double confidence = kConfidence);

}  // namespace tessera::stats
