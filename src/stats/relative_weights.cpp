// SPDX-License-Identifier: Apache-2.0
#include "stats/relative_weights.hpp"

#include <cmath>

#include "stats/small_matrix.hpp"
#include "stats/symmetric_eigen.hpp"

namespace tessera::stats {
namespace {

constexpr double kDeficient = 1e-10;  // of the largest eigenvalue

}  // namespace

Importance relative_weights(MatrixView<const double> predictors, std::span<const double> outcome) {
  const std::size_t d = outcome.size();
  Importance result = {std::vector<double>(d, kUndefined), kUndefined};
  if (d == 0 || !all_finite(elements(predictors)) || !all_finite(outcome)) return result;
  const SymmetricEigen eigen = symmetric_eigen(copy_of(predictors));
  // The predictors are `root` times the orthogonal variables closest to them, on which the outcome has these coefficients.
  Matrix<double> root(predictors.rows, predictors.rows);
  std::vector<double> coefficients(d);
  for (std::size_t e = 0; e < d && eigen.values[e] > kDeficient * eigen.values.front(); ++e) {
    const std::span<const double> direction = eigen.vectors.row(static_cast<std::int64_t>(e));
    const double length = std::sqrt(eigen.values[e]);
    double along = 0.0;
    for (std::size_t j = 0; j < d; ++j) along += direction[j] * outcome[j];
    for (std::size_t j = 0; j < d; ++j) {
      coefficients[j] += direction[j] * along / length;
      const std::span<double> loadings = root.row(static_cast<std::int64_t>(j));
      for (std::size_t k = 0; k < d; ++k) loadings[k] += direction[j] * length * direction[k];
    }
  }
  result.r_squared = 0.0;
  for (std::size_t j = 0; j < d; ++j) {
    const std::span<const double> loadings = root.row(static_cast<std::int64_t>(j));
    result.shares[j] = 0.0;
    for (std::size_t k = 0; k < d; ++k) result.shares[j] += loadings[k] * loadings[k] * coefficients[k] * coefficients[k];
    result.r_squared += result.shares[j];
  }
  return result;
}

}  // namespace tessera::stats
