// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/correlation.hpp"

namespace tessera::stats {

/// Spearman's rho from the co-moments of mid-ranks: Student's t test and the interval of Bonett & Wright (2000). Spearman
/// (1904).
[[nodiscard]] Correlation spearman(const CoMoments& of_ranks, double confidence = kConfidence);

/// Kendall's tau-b: normal test with the variance under ties (Kendall 1970), interval of Bonett & Wright (2000). Kendall
/// (1938); Knight, A computer method for calculating Kendall's tau with ungrouped data (1966). O(n log n). NaN makes the result
/// undefined.
/// @param x, y [n]
[[nodiscard]] Correlation kendall(std::span<const double> x, std::span<const double> y, double confidence = kConfidence);

}  // namespace tessera::stats
