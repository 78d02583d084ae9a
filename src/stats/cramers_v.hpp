// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Strength of association of two nominal variables.
struct Association {
  double v = kUndefined;            ///< Cramer's V in [0, 1]
  double v_corrected = kUndefined;  ///< without its upward bias in small samples; 0 where there is no more than chance
  Interval interval;                ///< of V, from the non-central chi-squared distribution
};

/// Cramer, Mathematical Methods of Statistics (1946); bias correction: Bergsma (2013); interval: Smithson, Confidence Intervals
/// (2003), chapter 4. Undefined as chi_squared_test is; v_corrected also for n <= 1.
[[nodiscard]] Association cramers_v(MatrixView<const double> counts, double confidence = kConfidence);

/// Phi of a 2 x 2 table in [-1, 1]: the correlation of two binary variables. Yule (1912). Undefined with an empty margin or
/// another shape.
[[nodiscard]] double phi(MatrixView<const double> counts);

}  // namespace tessera::stats
