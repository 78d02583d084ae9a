// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

/// Answers of one group of people; in steps from the scale's first value.
struct AnswerGroup {
  double share = kUndefined;  ///< of all answers
  double mean = kUndefined;
  double standard_deviation = kUndefined;
};

/// One against two groups of answers on a discrete scale.
struct DiscreteBimodality {
  AnswerGroup one;
  AnswerGroup lower, upper;       ///< of the fit with two, by mean
  double delta_bic = kUndefined;  ///< BIC of one - BIC of two: above 10 two are very strongly preferred (Kass & Raftery 1995)
  double ashman_d = kUndefined;   ///< of the two; above 2 they are separate
  double valley = kUndefined;     ///< lowest share between the two peaks of the fit / the lower peak; 1 if it has one peak
};

/// Fits both by maximum likelihood to the counts of a scale such as 0 to 10. One normal, cut off, has one peak for any
/// parameters, so that skew, ceilings and J shapes count as one group; where two fit better merely because of skew, their sum
/// has no valley. McLachlan & Peel, Finite Mixture Models (2000); Schwarz (1978). Undefined for fewer than five steps or n <
/// 10; no evidence (delta_bic <= 0) for a single value.
/// @param counts [steps] effective counts, one for each value of the scale, in order
[[nodiscard]] DiscreteBimodality discretised_mixture(std::span<const double> counts);

/// Two groups that a person would see: delta_bic > 10, valley < 0.7 and the lesser group at least 10 % of the answers.
[[nodiscard]] bool is_bimodal(const DiscreteBimodality& fit);

}  // namespace tessera::stats
