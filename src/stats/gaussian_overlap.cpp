// SPDX-License-Identifier: Apache-2.0
#include "stats/gaussian_overlap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "stats/distributions.hpp"
#include "stats/small_matrix.hpp"
#include "stats/symmetric_eigen.hpp"

namespace tessera::stats {
namespace {

constexpr double kNoVariance = 1e-10;    // eigenvalue of the average correlation matrix
constexpr double kApart = 1e-4;          // in units of a column's scale
constexpr double kConstantScale = 1e-8;  // of a column without variance, of its magnitude: its mean is known to rounding
constexpr double kLeastVariance = 1e-6;  // of one segment, of the average of both

/// Coordinates in which the average covariance of both segments is the identity.
struct WhiteAxes {
  Matrix<double> axes;             ///< [q x d]
  std::vector<double> difference;  ///< [q] of the means along each
  bool apart = false;              ///< the means differ where nothing varies
};

/// [d] units of the columns, which must not matter to what counts as no variance.
std::vector<double> scales_of(MatrixView<const double> average, std::span<const double> mean_a,
                              std::span<const double> mean_b) {
  std::vector<double> scale(mean_a.size());
  for (std::size_t j = 0; j < scale.size(); ++j) {
    const double sd = std::sqrt(average(static_cast<std::int64_t>(j), static_cast<std::int64_t>(j)));
    const double magnitude = kConstantScale * std::max(std::abs(mean_a[j]), std::abs(mean_b[j]));
    scale[j] = sd > 0.0 ? sd : (magnitude > 0.0 ? magnitude : 1.0);
  }
  return scale;
}

WhiteAxes white_axes(MatrixView<const double> average, std::span<const double> mean_a, std::span<const double> mean_b) {
  const auto d = static_cast<std::int64_t>(mean_a.size());
  const std::vector<double> scale = scales_of(average, mean_a, mean_b);
  Matrix<double> scaled(d, d);
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      scaled(i, j) = average(i, j) / (scale[static_cast<std::size_t>(i)] * scale[static_cast<std::size_t>(j)]);
    }
  }
  const SymmetricEigen eigen = symmetric_eigen(std::move(scaled));
  WhiteAxes white = {Matrix<double>(0, d), {}, false};
  for (std::int64_t e = 0; e < d; ++e) {
    const double value = eigen.values[static_cast<std::size_t>(e)];
    double along = 0.0;
    for (std::size_t j = 0; j < scale.size(); ++j) {
      along += eigen.vectors(e, static_cast<std::int64_t>(j)) * ((mean_a[j] - mean_b[j]) / scale[j]);
    }
    if (value <= kNoVariance) {
      white.apart = white.apart || std::abs(along) > kApart;
      continue;
    }
    white.difference.push_back(along / std::sqrt(value));
    white.axes.resize_rows(white.axes.rows() + 1);
    const std::span<double> axis = white.axes.row(white.axes.rows() - 1);
    for (std::size_t j = 0; j < scale.size(); ++j) {
      axis[j] = eigen.vectors(e, static_cast<std::int64_t>(j)) / (scale[j] * std::sqrt(value));
    }
  }
  return white;
}

std::vector<double> product(MatrixView<const double> matrix, std::span<const double> vector) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < vector.size(); ++j) sum += matrix(i, static_cast<std::int64_t>(j)) * vector[j];
    result.push_back(sum);
  }
  return result;
}

double product(std::span<const double> left, std::span<const double> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

/// The matrix seen from the axes: [q x q].
Matrix<double> projected(const Matrix<double>& axes, MatrixView<const double> matrix) {
  Matrix<double> result(axes.rows(), axes.rows());
  for (std::int64_t j = 0; j < axes.rows(); ++j) {
    const std::vector<double> seen = product(matrix, axes.row(j));
    for (std::int64_t i = j; i < axes.rows(); ++i) result(i, j) = result(j, i) = product(axes.row(i), seen);
  }
  return result;
}

double kept_apart_from_zero(double variance) { return std::clamp(variance, kLeastVariance, 2.0 - kLeastVariance); }

/// Common area of two normal densities whose means lie `apart` and whose variances add up to 2.
double common_area(double apart, double variance) {
  const double narrow = std::sqrt(std::min(variance, 2.0 - variance));
  const double wide = std::sqrt(std::max(variance, 2.0 - variance));
  // Narrow at 0, wide at `apart`. Their logarithms differ by a x^2 + b x + c.
  const double a = 1.0 / (wide * wide) - 1.0 / (narrow * narrow);
  const double b = -2.0 * apart / (wide * wide);
  const double c = apart * apart / (wide * wide) + 2.0 * std::log(wide / narrow);
  if (std::abs(a) < 1e-9) return 2.0 * normal_cdf(-apart / 2.0);
  const double root = std::sqrt(std::max(0.0, b * b - 4.0 * a * c));
  const double low = (-b + root) / (2.0 * a);  // a < 0
  const double high = (-b - root) / (2.0 * a);
  return normal_cdf(low / narrow) + normal_cdf(-high / narrow) + normal_cdf((high - apart) / wide) -
         normal_cdf((low - apart) / wide);
}

}  // namespace

GaussianOverlap gaussian_overlap(std::span<const double> mean_a, MatrixView<const double> covariance_a,
                                 std::span<const double> mean_b, MatrixView<const double> covariance_b) {
  if (!all_finite(mean_a) || !all_finite(mean_b) || !all_finite(elements(covariance_a)) ||
      !all_finite(elements(covariance_b))) {
    return {};
  }
  Matrix<double> average(covariance_a.rows, covariance_a.columns);
  std::ranges::transform(elements(covariance_a), elements(covariance_b), average.data(),
                         [](double a, double b) { return (a + b) / 2.0; });
  const WhiteAxes white = white_axes(average.view(), mean_a, mean_b);
  if (white.apart) {
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    return {kInfinite, kInfinite, 0.0, 1.0, 0.0};
  }
  const Matrix<double> shape = projected(white.axes, covariance_a);  // the other's is 2 I - this
  double squared = 0.0;
  for (const double step : white.difference) squared += step * step;
  double shapes = 0.0;
  for (const double value : symmetric_eigen(shape).values) {
    const double variance = kept_apart_from_zero(value);
    shapes -= std::log(variance * (2.0 - variance)) / 4.0;
  }
  GaussianOverlap result;
  result.mahalanobis = std::sqrt(squared);
  result.bhattacharyya = squared / 8.0 + shapes;
  result.affinity = std::exp(-result.bhattacharyya);
  result.auc = normal_cdf(result.mahalanobis / std::sqrt(2.0));
  result.overlap = 1.0;
  if (squared > 0.0) {
    const double variance = product(white.difference, product(shape.view(), white.difference)) / squared;
    result.overlap = common_area(result.mahalanobis, kept_apart_from_zero(variance));
  }
  return result;
}

}  // namespace tessera::stats
