// SPDX-License-Identifier: Apache-2.0
#include "correlate/co_moment_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera {
namespace {

/// (mean - center)^2 over the variance: what is lost is so many times the rounding of float64.
constexpr double kFar = 256.0;
/// Share of the sum of squares about the center: below it, what is left about the mean is rounding.
constexpr double kRounding = 1e-12;

double spread(double first, double second, double weight) {
  const double squares = second - first * (first / weight);
  return squares > kRounding * second ? squares : 0.0;
}

/// The same for merged segments, whose means are known to a few roundings only.
double beyond_rounding(double squares, double weight, double mean) {
  const double least = 8.0 * std::numeric_limits<double>::epsilon() * mean;
  return squares > weight * (least * least) ? squares : 0.0;
}

}  // namespace

stats::CoMoments CoMomentTable::of(std::int64_t segment, std::int64_t x, std::int64_t y) const {
  const std::size_t at = sums_.at(segment, x, y), mirrored = sums_.at(segment, y, x);
  stats::CoMoments moments;
  moments.n = static_cast<std::int64_t>(sums_.pair_rows[at]);
  moments.weight = sums_.pair_weight[at];
  moments.weight_squares = sums_.pair_weight_squares[at];
  if (!(moments.weight > 0.0)) return moments;
  const double step_x = sums_.pair_first[at] / moments.weight, step_y = sums_.pair_first[mirrored] / moments.weight;
  // From a center in common, so that means that are close keep what tells them apart.
  moments.mean_x = centers_(segment, x) - centers_(0, x) + step_x;
  moments.mean_y = centers_(segment, y) - centers_(0, y) + step_y;
  moments.xx = spread(sums_.pair_first[at], sums_.pair_second[at], moments.weight);
  moments.yy = spread(sums_.pair_first[mirrored], sums_.pair_second[mirrored], moments.weight);
  moments.xy = sums_.pair_product[at] - sums_.pair_first[at] * step_y;
  return moments;
}

stats::CoMoments CoMomentTable::of_all(std::int64_t x, std::int64_t y) const {
  stats::CoMoments all;
  for (std::int64_t segment = 0; segment < segments(); ++segment) all = stats::merged(all, of(segment, x, y));
  all.xx = beyond_rounding(all.xx, all.weight, all.mean_x);
  all.yy = beyond_rounding(all.yy, all.weight, all.mean_y);
  return all;
}

Matrix<double> CoMomentTable::means() const {
  Matrix<double> means = centers_;
  for (std::int64_t s = 0; s < segments(); ++s) {
    for (std::int64_t j = 0; j < columns(); ++j) {
      const std::size_t at = sums_.at(s, j);
      if (sums_.weight[at] > 0.0) means(s, j) += sums_.first[at] / sums_.weight[at];
    }
  }
  return means;
}

bool CoMomentTable::far_from_center() const {
  for (std::int64_t s = 0; s < segments(); ++s) {
    for (std::int64_t j = 0; j < columns(); ++j) {
      const std::size_t at = sums_.at(s, j);
      if (!(sums_.weight[at] > 0.0)) continue;
      const double step = sums_.first[at] / sums_.weight[at];
      const double left = sums_.second[at] - sums_.first[at] * step;  // exactly 0 if all cells are one whole number
      if (left != 0.0 && step * sums_.first[at] > kFar * left) return true;
    }
  }
  return false;
}

}  // namespace tessera
