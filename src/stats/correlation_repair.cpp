// SPDX-License-Identifier: Apache-2.0
#include "stats/correlation_repair.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stats/symmetric_eigen.hpp"

namespace tessera::stats {
namespace {

constexpr double kRounding = 1e-10;  // eigenvalues this far below 0 are 0
constexpr double kSettled = 1e-11;   // change of any element in a step
constexpr int kMostSteps = 2000;

/// The nearest positive semidefinite matrix: without the negative eigenvalues.
Matrix<double> without_negatives(const Matrix<double>& matrix, const SymmetricEigen& eigen) {
  Matrix<double> result = matrix;
  const std::int64_t m = matrix.rows();
  for (std::int64_t e = m - 1; e >= 0 && eigen.values[static_cast<std::size_t>(e)] < 0.0; --e) {
    const auto vector = eigen.vectors.row(e);
    for (std::int64_t i = 0; i < m; ++i) {
      const double part = eigen.values[static_cast<std::size_t>(e)] * vector[static_cast<std::size_t>(i)];
      for (std::int64_t j = 0; j < m; ++j) result(i, j) -= part * vector[static_cast<std::size_t>(j)];
    }
  }
  return result;
}

/// Between the two sets alternately, each time from where the last visit of the first set left off (Dykstra 1983).
Matrix<double> nearest(const Matrix<double>& start, SymmetricEigen eigen) {
  const std::int64_t m = start.rows();
  Matrix<double> present = start, correction(m, m), from = start;
  for (int step = 0; step < kMostSteps; ++step) {
    if (step > 0) eigen = symmetric_eigen(from);
    const Matrix<double> inside = without_negatives(from, eigen);
    double moved = 0.0;
    for (std::int64_t i = 0; i < m; ++i) {
      for (std::int64_t j = 0; j < m; ++j) {
        correction(i, j) = inside(i, j) - from(i, j);
        const double next = i == j ? 1.0 : inside(i, j);
        moved = std::max(moved, std::abs(next - present(i, j)));
        present(i, j) = next;
        from(i, j) = next - correction(i, j);
      }
    }
    if (moved < kSettled) break;
  }
  return present;
}

/// What rounding and the last step left is taken away by scaling the diagonal back to one.
Matrix<double> settled(const Matrix<double>& matrix) {
  Matrix<double> result = without_negatives(matrix, symmetric_eigen(matrix));
  const std::int64_t m = matrix.rows();
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      const double scaled = std::clamp(result(i, j) / std::sqrt(result(i, i) * result(j, j)), -1.0, 1.0);
      result(i, j) = result(j, i) = scaled;
    }
  }
  for (std::int64_t i = 0; i < m; ++i) result(i, i) = 1.0;
  return result;
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
  SymmetricEigen eigen = symmetric_eigen(correlations);
  if (eigen.values.back() >= -kRounding) {
    result.matrix = std::move(correlations);
    return result;
  }
  result.repaired = true;
  result.matrix = settled(nearest(correlations, std::move(eigen)));
  double squares = 0.0;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      const double change = std::abs(result.matrix(i, j) - correlations(i, j));
      result.largest_change = std::max(result.largest_change, change);
      squares += change * change;
    }
  }
  result.distance = std::sqrt(squares);
  return result;
}

}  // namespace tessera::stats
