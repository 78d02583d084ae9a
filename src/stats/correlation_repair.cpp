// SPDX-License-Identifier: Apache-2.0
#include "stats/correlation_repair.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "stats/symmetric_eigen.hpp"

namespace tessera::stats {
namespace {

constexpr double kRounding = 1e-10;  // eigenvalues this far below 0 are 0

/// Sum of value * vector vector' over the positive eigenvalues, scaled to a unit diagonal.
Matrix<double> clipped(const SymmetricEigen& eigen) {
  const std::int64_t m = eigen.vectors.rows();
  Matrix<double> matrix(m, m);
  for (std::int64_t e = 0; e < m; ++e) {
    const double value = std::max(0.0, eigen.values[static_cast<std::size_t>(e)]);
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < m; ++j) matrix(i, j) += value * eigen.vectors(e, i) * eigen.vectors(e, j);
    }
  }
  std::vector<double> scale;
  for (std::int64_t i = 0; i < m; ++i) scale.push_back(std::sqrt(matrix(i, i)));
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      if (i != j) matrix(i, j) /= scale[static_cast<std::size_t>(i)] * scale[static_cast<std::size_t>(j)];
    }
    matrix(i, i) = 1.0;
  }
  return matrix;
}

}  // namespace

RepairedCorrelation repaired_correlation(Matrix<double> correlations) {
  RepairedCorrelation result;
  const std::int64_t m = correlations.rows();
  if (m == 0) return result;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      if (!std::isnan(correlations(i, j))) continue;
      correlations(i, j) = i == j ? 1.0 : 0.0;
      result.repaired = true;
    }
  }
  const SymmetricEigen eigen = symmetric_eigen(correlations);
  if (eigen.values.back() >= -kRounding) {
    result.matrix = std::move(correlations);
    return result;
  }
  result.repaired = true;
  result.matrix = clipped(eigen);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      result.largest_change = std::max(result.largest_change, std::abs(result.matrix(i, j) - correlations(i, j)));
    }
  }
  return result;
}

}  // namespace tessera::stats
