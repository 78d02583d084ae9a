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

/// Cyclic Jacobi rotations: additions, multiplications, divisions and square roots only, in a fixed order, so that the result
/// has the same bits on every machine. O(m^3) per sweep, about ten sweeps. Jacobi (1846); Golub & Van Loan, section 8.5.
/// @param matrix [m x m] symmetric, finite
[[nodiscard]] SymmetricEigen symmetric_eigen(Matrix<double> matrix);

}  // namespace tessera::stats
