// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "stats/correlation.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Correlation of two variables while others are held constant. Yule (1907). Controls that others already determine change
/// nothing. Undefined where the controls determine one of the two.
/// @param correlations  [m x m]
/// @param controls      other variables
/// @param n             effective
[[nodiscard]] Correlation partial_correlation(MatrixView<const double> correlations, std::int64_t x, std::int64_t y,
                                              std::span<const std::int64_t> controls, double n,
                                              double confidence = kConfidence);

}  // namespace tessera::stats
