// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tessera/matrix.hpp"

namespace tessera::stats {

struct PartialCorrelations {
  Matrix<double> r;       ///< [m x m] unit diagonal
  std::int64_t held = 0;  ///< variables held constant for each pair: those that no others determine, less the two
};

/// Correlations of every two variables while all others are held constant, from the inverse of the matrix. Yule (1907);
/// Whittaker, Graphical Models in Applied Multivariate Statistics (1990), section 5.8. A variable that others determine changes
/// nothing for the rest, and has no partial correlations itself (NaN). O(m^3).
/// @param correlations [m x m] positive semidefinite, unit diagonal
[[nodiscard]] PartialCorrelations partial_correlations(MatrixView<const double> correlations);

}  // namespace tessera::stats
