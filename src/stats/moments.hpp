// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

/// Kish's effective sample size, (sum w)^2 / sum w^2: what n means in every test and interval here. It is n for equal weights
/// of any size. Kish, Survey Sampling (1965), section 11.7.
/// @return 0 without rows
[[nodiscard]] double effective_n(double weight, double weight_squares);

/// Sufficient statistics of one variable over the rows that have a value and a positive weight. Mergeable.
struct Moments {
  std::int64_t n = 0;           ///< rows
  double weight = 0.0;          ///< sum of w
  double weight_squares = 0.0;  ///< sum of w^2
  double mean = 0.0;            ///< sum of w x / sum of w; of no meaning without rows
  double squares = 0.0;         ///< sum of w (x - mean)^2

  [[nodiscard]] double effective_n() const { return stats::effective_n(weight, weight_squares); }
  /// Unbiased: squares / weight * n / (n - 1), with the effective n; the usual one for equal weights. Undefined for n <= 1.
  [[nodiscard]] double variance() const;
  [[nodiscard]] double standard_deviation() const;
  /// Of the mean: sqrt(variance / effective n).
  [[nodiscard]] double standard_error() const;
};

/// Moments of both sets of rows. Chan, Golub & LeVeque, Algorithms for computing the sample variance (1983).
[[nodiscard]] Moments merged(const Moments& a, const Moments& b);

/// Moments of all groups, merged in order.
[[nodiscard]] Moments merged(std::span<const Moments> groups);

/// Moments of rows, for tests and small samples. Rows without a value (NaN) or a positive weight do not count.
/// @param weights [n] or empty: ones
[[nodiscard]] Moments moments_of(std::span<const double> values, std::span<const double> weights = {});

}  // namespace tessera::stats
