// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/kaplan_meier.hpp"
#include "stats/moments.hpp"

namespace tessera::stats {

/// Time without the event, of which at most `horizon` counts: a mean that censored times allow.
struct RestrictedMean {
  double horizon = kUndefined;
  double value = kUndefined;           ///< area under the survival curve up to the horizon
  double variance = kUndefined;        ///< of min(time, horizon) between rows
  double standard_error = kUndefined;  ///< of the value, by Greenwood's formula
  double n = 0.0;                      ///< effective (moments.hpp)
};

/// Irwin (1949); Royston & Parmar, Restricted mean survival time (2013). Times are counted from 0.
/// @param tally           in ascending order of time, each once
/// @param weight_squares  sum of w^2 over all rows
/// @param horizon         at most the last time of the tally: nothing is known of later ones
/// @return undefined without rows or where anything is
[[nodiscard]] RestrictedMean restricted_mean(std::span<const SurvivalTally> tally, double weight_squares, double horizon);

/// The difference a - b in pooled standard deviations between rows (Cohen's d; without censoring that of min(time, horizon)),
/// with a normal interval: the errors of the means, and of the deviation as in cohens_d.hpp. Undefined without spread.
struct RestrictedDifference {
  double d = kUndefined;
  Interval interval;
};
[[nodiscard]] RestrictedDifference compare_restricted_means(const RestrictedMean& a, const RestrictedMean& b,
                                                            double confidence = kConfidence);

}  // namespace tessera::stats
