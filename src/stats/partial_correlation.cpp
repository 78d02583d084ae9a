// SPDX-License-Identifier: Apache-2.0
#include "stats/partial_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/result.hpp"

namespace tessera::stats {
namespace {

constexpr double kDetermined = 1e-10;  // share of a variable's variance that others leave: below it, none
constexpr double kNoPart = 1e-5;       // coefficient of a variable that has no part in another: its root

/// Gauss-Jordan: replaces the pivot's row and column so that, once every variable of a set was swept, their block is minus its
/// inverse, and the rows of the others hold their regression on the set. Beaton (1964).
void sweep(Matrix<double>& matrix, std::int64_t pivot) {
  const std::int64_t m = matrix.rows();
  const double variance = matrix(pivot, pivot);
  for (std::int64_t i = 0; i < m; ++i) {
    if (i == pivot) continue;
    const double slope = matrix(i, pivot) / variance;
    for (std::int64_t j = 0; j < m; ++j) {
      if (j != pivot) matrix(i, j) -= slope * matrix(pivot, j);
    }
  }
  for (std::int64_t i = 0; i < m; ++i) {
    matrix(i, pivot) /= variance;
    matrix(pivot, i) = i == pivot ? -1.0 / variance : matrix(pivot, i) / variance;
  }
}

}  // namespace

PartialCorrelations partial_correlations(MatrixView<const double> correlations) {
  const std::int64_t m = correlations.rows;
  Matrix<double> swept(m, m);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) swept(i, j) = correlations(i, j);
  }
  std::vector<std::int64_t> used, spare;
  for (std::int64_t i = 0; i < m; ++i) {
    if (swept(i, i) > kDetermined) {
      sweep(swept, i);
      used.push_back(i);
    } else {
      spare.push_back(i);
    }
  }
  std::vector<bool> determined(static_cast<std::size_t>(m));
  for (const std::int64_t s : spare) {
    determined[static_cast<std::size_t>(s)] = true;
    for (const std::int64_t i : used) {
      if (std::fabs(swept(s, i)) > kNoPart) determined[static_cast<std::size_t>(i)] = true;
    }
  }
  PartialCorrelations result{Matrix<double>(m, m, kUndefined), std::max<std::int64_t>(std::ssize(used) - 2, 0)};
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      if (determined[static_cast<std::size_t>(i)] || determined[static_cast<std::size_t>(j)]) continue;
      const double scale = std::sqrt(swept(i, i) * swept(j, j));  // both negative
      result.r(i, j) = i == j ? 1.0 : std::clamp(swept(i, j) / scale, -1.0, 1.0);
    }
  }
  return result;
}

}  // namespace tessera::stats
