// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/matrix.hpp"

namespace tessera::stats {

struct RepairedCorrelation {
  Matrix<double> matrix;        ///< [m x m] positive semidefinite to 1e-10, unit diagonal
  bool repaired = false;        ///< by more than rounding
  double largest_change = 0.0;  ///< of any element that was defined
  double distance = 0.0;        ///< root of the sum of all squared changes (Frobenius norm)
};

/// A correlation matrix whose elements come from different rows (pairwise complete) may belong to no data at all. This is the
/// nearest one that does, by the sum of squared changes: alternating projections with Dykstra's correction onto the positive
/// semidefinite matrices and those with unit diagonal. Higham, Computing the nearest correlation matrix (2002). Elements that
/// are not defined (NaN) count as 0. A matrix without negative eigenvalues is returned as it came.
/// @param correlations [m x m] symmetric, unit diagonal
[[nodiscard]] RepairedCorrelation repaired_correlation(Matrix<double> correlations);

}  // namespace tessera::stats
