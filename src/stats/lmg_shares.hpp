// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Most predictors for which all subsets are looked at.
inline constexpr std::int64_t kMostLmgPredictors = 20;

/// Problems that are solved at a time; more make it no slower.
inline constexpr std::int64_t kLmgBatch = 8;

/// A decomposition of R-squared into shares of the predictors.
struct Importance {
  std::vector<double> shares;  ///< [d] sum to r_squared
  double r_squared = kUndefined;
};

/// Exact LMG shares: what a predictor adds to R-squared, averaged over all orders of entry; the Shapley value of the game in
/// which a set of predictors earns its R-squared. Lindeman, Merenda & Gold (1980); Gromping, Relative importance for linear
/// regression in R (2006). O(2^d): some hundredths of a second for 20. A predictor that others in a set determine adds
/// nothing to it.
/// @param predictors  [d x d] correlations, d <= kMostLmgPredictors, positive semidefinite (correlation_repair.hpp)
/// @param outcome     [d] correlations with the outcome
/// @return shares undefined for more predictors, or with NaN among the correlations
[[nodiscard]] Importance lmg_shares(MatrixView<const double> predictors, std::span<const double> outcome);

/// Correlations of a problem, as above.
struct ImportanceProblem {
  MatrixView<const double> predictors;
  std::span<const double> outcome;
};

/// The same of several problems with as many predictors each, such as the replicates of a jackknife: bit for bit what each
/// gives alone, a batch in little more than the time of one.
[[nodiscard]] std::vector<Importance> lmg_batch(std::span<const ImportanceProblem> problems);

}  // namespace tessera::stats
