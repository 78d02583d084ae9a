// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "stats/kaplan_meier.hpp"

namespace tessera::stats {

/// Times of one group, in ascending order, each once.
using SurvivalTimes = std::span<const SurvivalTally>;

/// Whether the event comes at the same pace in every group: chi-squared of the events of each beyond those that a common pace
/// would bring, with their hypergeometric covariances. Mantel (1966); Peto & Peto (1972). Groups that are never at risk when
/// something happens do not count.
/// @param weight_squares  sum of w^2 over all rows; counts are scaled to the effective n (moments.hpp)
/// @return undefined for fewer than two groups, without events, or where anything is undefined
[[nodiscard]] TestResult log_rank_test(std::span<const SurvivalTimes> groups, double weight_squares);

}  // namespace tessera::stats
