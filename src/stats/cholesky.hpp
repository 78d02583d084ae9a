// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "tessera/matrix.hpp"

namespace tessera::stats {

/// The lower triangular L with L L' = matrix; nothing if the matrix is not positive definite. Additions, multiplications,
/// divisions and square roots in a fixed order: the same bits on every machine. O(m^3 / 3).
/// @param matrix [m x m] symmetric; only what is on and below the diagonal is read
[[nodiscard]] std::optional<Matrix<double>> cholesky(MatrixView<const double> matrix);

/// The inverse of a lower triangular matrix with a positive diagonal. O(m^3 / 6).
[[nodiscard]] Matrix<double> lower_inverse(MatrixView<const double> lower);

}  // namespace tessera::stats
