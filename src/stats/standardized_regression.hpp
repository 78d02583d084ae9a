// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Linear regression of standardized variables.
struct StandardizedRegression {
  std::vector<double> coefficients;     ///< [d] betas
  std::vector<double> standard_errors;  ///< [d]; undefined for n <= d + 1 or predictors of deficient rank
  double r_squared = kUndefined;
  std::int64_t rank = 0;  ///< of the predictors; below d the coefficients are the shortest of all solutions
};

/// From correlations alone, so that units of predictors do not matter. Where predictors determine each other, the minimum-norm
/// solution (Moore-Penrose): equal predictors share their coefficient. Penrose (1955).
/// @param predictors  [d x d] correlations, positive semidefinite (correlation_repair.hpp)
/// @param outcome     [d] correlations of each predictor with the outcome
/// @param n           effective
[[nodiscard]] StandardizedRegression standardized_regression(MatrixView<const double> predictors,
                                                             std::span<const double> outcome, double n);

}  // namespace tessera::stats
