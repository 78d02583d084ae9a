// SPDX-License-Identifier: Apache-2.0
#include "stats/partial_correlation.hpp"

#include <cmath>
#include <vector>

namespace tessera::stats {
namespace {

constexpr double kDetermined = 1e-10;  // share of a variable's variance that others leave: below it, none

/// What is left of the correlations when variable `by` is held constant.
void hold_constant(Matrix<double>& matrix, std::int64_t by) {
  const std::vector<double> with(matrix.row(by).begin(), matrix.row(by).end());
  const double variance = matrix(by, by);
  for (std::int64_t i = 0; i < matrix.rows(); ++i) {
    const double slope = with[static_cast<std::size_t>(i)] / variance;
    for (std::int64_t j = 0; j < matrix.columns(); ++j) matrix(i, j) -= slope * with[static_cast<std::size_t>(j)];
  }
}

}  // namespace

Correlation partial_correlation(MatrixView<const double> correlations, std::int64_t x, std::int64_t y,
                                std::span<const std::int64_t> controls, double n, double confidence) {
  std::vector<std::int64_t> used = {x, y};
  used.insert(used.end(), controls.begin(), controls.end());
  const auto m = static_cast<std::int64_t>(used.size());
  Matrix<double> left(m, m);
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < m; ++j) {
      left(i, j) = correlations(used[static_cast<std::size_t>(i)], used[static_cast<std::size_t>(j)]);
    }
  }
  double held = 0.0;
  for (std::int64_t control = 2; control < m; ++control) {
    if (left(control, control) <= kDetermined) continue;
    hold_constant(left, control);
    held += 1.0;
  }
  if (!(left(0, 0) > kDetermined && left(1, 1) > kDetermined)) return {};
  return correlation_of(left(0, 1) / std::sqrt(left(0, 0) * left(1, 1)), n, held, confidence);
}

}  // namespace tessera::stats
