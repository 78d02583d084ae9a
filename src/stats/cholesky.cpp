// SPDX-License-Identifier: Apache-2.0
#include "stats/cholesky.hpp"

#include <cmath>

namespace tessera::stats {

std::optional<Matrix<double>> cholesky(MatrixView<const double> matrix) {
  const std::int64_t m = matrix.rows;
  Matrix<double> lower(m, m);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j <= i; ++j) {
      double rest = matrix(i, j);
      for (std::int64_t l = 0; l < j; ++l) rest -= lower(i, l) * lower(j, l);
      if (j < i) {
        lower(i, j) = rest / lower(j, j);
      } else {
        if (!(rest > 0.0 && std::isfinite(rest))) return std::nullopt;
        lower(i, i) = std::sqrt(rest);
      }
    }
  }
  return lower;
}

Matrix<double> lower_inverse(MatrixView<const double> lower) {
  const std::int64_t m = lower.rows;
  Matrix<double> inverse(m, m);
  for (std::int64_t j = 0; j < m; ++j) {
    inverse(j, j) = 1.0 / lower(j, j);
    for (std::int64_t i = j + 1; i < m; ++i) {
      double sum = 0.0;
      for (std::int64_t l = j; l < i; ++l) sum += lower(i, l) * inverse(l, j);
      inverse(i, j) = -sum / lower(i, i);
    }
  }
  return inverse;
}

}  // namespace tessera::stats
