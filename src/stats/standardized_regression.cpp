// SPDX-License-Identifier: Apache-2.0
#include "stats/standardized_regression.hpp"

#include <algorithm>
#include <cmath>

#include "stats/small_matrix.hpp"
#include "stats/symmetric_eigen.hpp"

namespace tessera::stats {
namespace {

constexpr double kDeficient = 1e-10;  // of the largest eigenvalue

}  // namespace

StandardizedRegression standardized_regression(MatrixView<const double> predictors, std::span<const double> outcome, double n) {
  const std::size_t d = outcome.size();
  StandardizedRegression result;
  result.coefficients.assign(d, kUndefined);
  result.standard_errors.assign(d, kUndefined);
  if (d == 0 || !all_finite(elements(predictors)) || !all_finite(outcome)) return result;
  const SymmetricEigen eigen = symmetric_eigen(copy_of(predictors));
  std::ranges::fill(result.coefficients, 0.0);
  std::vector<double> inverse_diagonal(d);
  double explained = 0.0;
  for (std::size_t e = 0; e < d && eigen.values[e] > kDeficient * eigen.values.front(); ++e) {
    const std::span<const double> direction = eigen.vectors.row(static_cast<std::int64_t>(e));
    double along = 0.0;
    for (std::size_t j = 0; j < d; ++j) along += direction[j] * outcome[j];
    const double slope = along / eigen.values[e];
    explained += slope * along;
    for (std::size_t j = 0; j < d; ++j) {
      result.coefficients[j] += slope * direction[j];
      inverse_diagonal[j] += direction[j] * direction[j] / eigen.values[e];
    }
    ++result.rank;
  }
  result.r_squared = std::clamp(explained, 0.0, 1.0);
  const double df = n - static_cast<double>(d) - 1.0;
  if (result.rank < static_cast<std::int64_t>(d) || !(df > 0.0)) return result;
  for (std::size_t j = 0; j < d; ++j) {
    result.standard_errors[j] = std::sqrt((1.0 - result.r_squared) * inverse_diagonal[j] / df);
  }
  return result;
}

}  // namespace tessera::stats
