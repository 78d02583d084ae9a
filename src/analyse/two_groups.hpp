// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tessera/analysis.hpp"

namespace tessera {

/// What is known of the numbers of a column.
struct NumberRange {
  bool integral = false;  ///< whole numbers
  double min = 0.0, max = 0.0;
};

/// Whether the values of some customers look like those of two groups.
struct TwoGroups {
  std::string method;  ///< "Hartigan's dip test", or that of scales
  double statistic = kNoValue;
  double p = kNoValue;                               ///< of the dip; scales have none
  double valley = kNoValue;                          ///< lowest density between the two peaks, of that of the lower peak
  double low_mode = kNoValue, high_mode = kNoValue;  ///< the middle of the customers on both sides of it
  double low_share = kNoValue;                       ///< of the customers below it
  std::int64_t n = 0;                                ///< values looked at
  double aside_share = 0.0;                          ///< of the values: heaps at the lowest and highest one, which are no group
  bool on_scale = false;                             ///< scales: the verdict
};

/// Scales such as 0 to 10 (5 to 21 steps): one rounded normal against two. Other numbers: the dip test, and how deep a smoothed
/// density falls between its peaks. There, many equal values at an end (zeros, a limit) are put aside.
/// @param values  ascending, at least two different ones, within the range
[[nodiscard]] TwoGroups look_for_two_groups(const std::vector<double>& values, const NumberRange& range);

/// The verdict, calibrated by tests/calibrate/calibrate_bimodality.cpp.
/// @param p_adjusted  of the dip's p, over all looks
[[nodiscard]] bool are_two_groups(const TwoGroups& look, double p_adjusted);

}  // namespace tessera
