// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/co_moments.hpp"

namespace tessera::stats {

struct Ratio {
  double value = kUndefined;  ///< sum of w y / sum of w x
  double standard_error = kUndefined;
  Interval interval;  ///< t with effective n - 1 degrees of freedom
};

/// A ratio of two sums over the same rows, such as revenue per order. Variance by linearization (delta method): that of the
/// mean of y - ratio * x, over the mean of x. Cochran, Sampling Techniques (1977), chapter 6. Undefined where x sums to 0; the
/// interval also for n <= 1.
[[nodiscard]] Ratio ratio_of_sums(const CoMoments& moments, double confidence = kConfidence);

struct RatioDifference {
  double difference = kUndefined;
  Interval interval;
  TestResult test;  ///< z
};

/// Difference of the ratios of two independent groups, normal. Undefined where neither has a standard error above 0.
[[nodiscard]] RatioDifference compare_ratios(const Ratio& a, const Ratio& b, double confidence = kConfidence);

}  // namespace tessera::stats
