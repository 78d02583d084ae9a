// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/moments.hpp"

namespace tessera::stats {

/// One-way analysis of variance.
struct VarianceAnalysis {
  double f = kUndefined;
  double between_df = kUndefined;  ///< groups with rows, less one
  double within_df = kUndefined;
  double p = kUndefined;
};

/// Share of the variance that lies between groups.
struct VarianceExplained {
  double eta_squared = kUndefined;    ///< sum of squares between / total, weighted
  Interval interval;                  ///< of eta squared
  double omega_squared = kUndefined;  ///< the same without the bias of small samples; at least 0
};

/// Eta and omega squared. Fisher (1925); Hays, Statistics (1963); the interval from the non-central F distribution: Steiger,
/// Beyond the F test (2004). Groups without rows do not count. Undefined without spread; omega squared also where n does not
/// exceed the number of groups.
[[nodiscard]] VarianceExplained variance_explained(std::span<const Moments> groups, double confidence = kConfidence);

/// Correlation ratio of a numeric with a nominal variable, in [0, 1]: the root of eta squared. Pearson (1905).
[[nodiscard]] double correlation_ratio(std::span<const Moments> groups);

/// Fisher's one-way F test, equal variances assumed; the effective n of all rows together counts. Fisher (1925). Undefined for
/// fewer than two groups with rows, without spread, or where n does not exceed the number of groups.
[[nodiscard]] VarianceAnalysis f_test(std::span<const Moments> groups);

/// Welch's F test for unequal variances. Welch, On the comparison of several mean values (1951). Undefined for fewer than two
/// groups with rows, or if one of them has n <= 1 or no spread.
[[nodiscard]] VarianceAnalysis welch_anova(std::span<const Moments> groups);

}  // namespace tessera::stats
