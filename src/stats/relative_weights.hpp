// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/lmg_shares.hpp"

namespace tessera::stats {

/// Johnson's relative weights: R-squared shared out through the orthogonal variables closest to the predictors; close to LMG at
/// a cost of O(d^3), for any number of predictors. Johnson, A heuristic method for estimating the relative weight of predictor
/// variables in multiple regression (2000).
/// @param predictors  [d x d] correlations, positive semidefinite (correlation_repair.hpp)
/// @param outcome     [d] correlations with the outcome
[[nodiscard]] Importance relative_weights(MatrixView<const double> predictors, std::span<const double> outcome);

}  // namespace tessera::stats
