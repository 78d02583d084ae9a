// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

/// An estimate for one period.
struct PeriodValue {
  double period = 0.0;
  double value = kUndefined;
  double standard_error = kUndefined;
};

struct Slope {
  double value = kUndefined;  ///< change per unit of period
  double standard_error = kUndefined;
  Interval interval;         ///< normal
  TestResult test;           ///< z
  TestResult lack_of_fit;    ///< chi-squared of the periods about the line; undefined for two of them
  std::int64_t periods = 0;  ///< that counted
};

/// Straight line through estimates of known standard error, by weighted least squares. Aitken (1935). Where the periods scatter
/// more about the line than their errors say, the slope's standard error grows with it (ratio of Birge, 1932). Periods without
/// a finite value and a positive standard error do not count; undefined for fewer than two distinct ones.
[[nodiscard]] Slope period_slope(std::span<const PeriodValue> periods, double confidence = kConfidence);

}  // namespace tessera::stats
