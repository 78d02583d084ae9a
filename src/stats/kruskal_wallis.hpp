// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

struct RankTest {
  TestResult test;                      ///< H, corrected for ties; chi-squared
  double epsilon_squared = kUndefined;  ///< effect size in [0, 1]: H / (n - 1)
};

/// Kruskal-Wallis test that groups do not differ in location, from a tally. Kruskal & Wallis, Use of ranks in one-criterion
/// variance analysis (1952); effect size: Tomczak & Tomczak (2014). Undefined for fewer than two groups with rows or one
/// distinct value.
/// @param counts  [values x groups] effective counts (contingency.hpp); row i holds the i-th value in ascending order
[[nodiscard]] RankTest kruskal_wallis(MatrixView<const double> counts);

}  // namespace tessera::stats
