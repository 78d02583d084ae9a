// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "tessera/analysis.hpp"

namespace tessera {

/// The share of one level among the customers of a period.
struct PeriodShare {
  std::int64_t period = 0;
  double share = 0.0;
  double n = 0.0;  ///< effective customers
};

/// A straight line through the shares of the periods that are known.
struct ShareSlope {
  double slope = kNoValue;  ///< per period
  Interval interval;
  TestResult test;  ///< Cochran-Armitage
};
[[nodiscard]] ShareSlope share_slope(std::span<const PeriodShare> shares);

}  // namespace tessera
