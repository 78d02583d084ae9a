// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace tessera::stats {

/// A distribution function of straight lines between knots; a vertical line is an atom.
class PiecewiseCdf {
 public:
  /// @param x      ascending, equal neighbours allowed
  /// @param share  of the distribution at or below x, ascending from 0 to 1, as many as x
  PiecewiseCdf(std::vector<double> x, std::vector<double> share);

  /// The value below which the share u in [0, 1] lies.
  [[nodiscard]] double quantile(double u) const;

  /// The same shape moved and stretched to this mean and standard deviation (if it has any spread).
  [[nodiscard]] PiecewiseCdf with_moments(double mean, double sd) const;

 private:
  std::vector<double> x_;
  std::vector<double> share_;
};

/// The distribution of given values: an atom at each.
/// @param sorted   [n] ascending
/// @param weights  [n] > 0
[[nodiscard]] PiecewiseCdf discrete_cdf(std::span<const double> sorted, std::span<const double> weights);

/// A unimodal distribution close to that of given values: the greatest convex minorant of their distribution function up to a
/// mode, the least concave majorant beyond, the mode among 64 quantiles such that the largest difference is least. The density
/// rises up to the mode, where an atom is allowed, and falls beyond; of two lumps the lesser is spread over the valley.
/// Hartigan & Hartigan, The dip test of unimodality (1985).
/// @param sorted   [n] ascending, n >= 1
/// @param weights  [n] > 0
[[nodiscard]] PiecewiseCdf unimodal_cdf(std::span<const double> sorted, std::span<const double> weights);

}  // namespace tessera::stats
