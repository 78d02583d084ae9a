// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera {

/// Scores 1 (worst) to 5 (best) by fifths of the customers. A value's place is the middle of the customers who share it: with
/// b customers worse and e equal (the customer included) of n, the score is 1 + floor(5 (2b + e) / 2n), in whole numbers. So
/// equal values have equal scores, better values never lower ones, no cut between fifths can fall into a tie, and without ties
/// the fifths differ by one customer at most. If all are equal, all score 3.
/// @param values [n] finite. @param more_is_better false for recency
[[nodiscard]] std::vector<std::int8_t> rfm_scores(std::span<const double> values, bool more_is_better);

/// "543": the three scores in a row.
[[nodiscard]] std::string rfm_cell(int recency_score, int frequency_score, int monetary_score);

}  // namespace tessera
