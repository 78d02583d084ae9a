// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace tessera::stats {

/// What every function here returns for a number that the data do not define (no rows, no spread, NaN in the input): never an
/// exception, never a plausible guess.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// Share of intervals that cover the true value, if nothing else is asked for.
inline constexpr double kConfidence = 0.95;

struct Interval {
  double low = kUndefined;
  double high = kUndefined;
};

/// A statistic with what its probability was read from.
struct TestResult {
  double statistic = kUndefined;
  double degrees_of_freedom = kUndefined;  ///< undefined for normal statistics
  double p = kUndefined;                   ///< two-sided where there are two sides
};

/// Interval of a - b from those of two independent estimates, which need not be symmetric: the squared distances to the limits
/// add up. Newcombe (1998); Zou & Donner, Construction of confidence limits about effect measures (2008).
[[nodiscard]] Interval difference_interval(double a, Interval of_a, double b, Interval of_b);

}  // namespace tessera::stats
