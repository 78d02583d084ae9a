// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "stats/result.hpp"

namespace tessera::stats {

/// What happened at one time: events come before censorings.
struct SurvivalTally {
  double time = 0.0;
  double events = 0.0;    ///< weight of the rows whose event happened
  double censored = 0.0;  ///< weight of the rows not observed any longer
};

struct SurvivalStep {
  double time = 0.0;
  double survival = kUndefined;        ///< share without the event up to and including this time
  double standard_error = kUndefined;  ///< Greenwood's
  Interval interval;                   ///< of the survival, on the log-log scale: always within [0, 1]
};

/// The curve steps down at each time with an event. Kaplan & Meier (1958); Greenwood (1926); log-log interval: Kalbfleisch &
/// Prentice (1980).
/// @param tally           in ascending order of time, each once
/// @param weight_squares  sum of w^2 over all rows; standard errors count the effective n (moments.hpp)
/// @return a step a time with events; none if there are no events or anything is undefined
[[nodiscard]] std::vector<SurvivalStep> kaplan_meier(std::span<const SurvivalTally> tally, double weight_squares,
                                                     double confidence = kConfidence);

struct SurvivalTime {
  double value = kUndefined;  ///< undefined where fewer than the share had the event
  Interval interval;          ///< a limit is undefined where the curve's limit does not come down that far
};

/// Time by which `share` had the event (0.5: the median): the first at which the curve is at most 1 - share, with the interval
/// of Brookmeyer & Crowley (1982).
[[nodiscard]] SurvivalTime survival_time(std::span<const SurvivalStep> curve, double share);

}  // namespace tessera::stats
