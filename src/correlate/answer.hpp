// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "correlate/plan.hpp"
#include "correlate/segment_sweep.hpp"
#include "stats/correlation.hpp"
#include "tessera/correlation.hpp"

namespace tessera {

/// What is known of two columns in a group of customers.
struct PairAnswer {
  stats::Correlation correlation;  ///< n is the effective one
  double rows = 0.0;               ///< that have both
};

/// Answers for column x of the plan's variables and y >= x; x = y tells whether the column has any spread.
using AnswerPair = std::function<PairAnswer(std::int64_t x, std::int64_t y)>;

/// What follows from the pairs' own answers.
struct AnswerRules {
  bool repair = true;    ///< make the matrix positive semidefinite where it is not
  bool partials = true;  ///< hold all other columns constant
};

/// All of one group: r, n, intervals, p and its adjustment; then the repair and partial correlations.
/// @param segment  -1: all customers
[[nodiscard]] CorrelationGroup answer_group(const CorrelationPlan& plan, const CorrelatedRows& rows, int segment,
                                            const AnswerPair& answer, const AnswerRules& rules);

/// answer_group() of all customers, then of each segment, if there are segments.
/// @param answer_of  makes the answers of a segment, or of all (-1)
[[nodiscard]] std::vector<CorrelationGroup> answer_groups(const CorrelationPlan& plan, const CorrelatedRows& rows,
                                                          const std::function<AnswerPair(int segment)>& answer_of,
                                                          const AnswerRules& rules);

}  // namespace tessera
