// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Eigenvalues, largest first, and eigenvectors of a symmetric matrix.
struct SymmetricEigen {
  std::vector<double> values;  ///< [m]
  Matrix<double> vectors;      ///< [m x m] row i belongs to values[i], length 1, its largest component positive
};

/// Householder's tridiagonal form, then implicit QL: additions, multiplications, divisions and square roots only, in a fixed
/// order, so that the result has the same bits on every machine. Eigenvalues are good to rounding of the largest. O(m^3), some
/// 6 m^3 multiplications. Householder (1958); Bowdler, Martin, Reinsch & Wilkinson (1968); Golub & Van Loan, section 8.3.
/// @param matrix [m x m] symmetric, finite
[[nodiscard]] SymmetricEigen symmetric_eigen(Matrix<double> matrix);

}  // namespace tessera::stats
