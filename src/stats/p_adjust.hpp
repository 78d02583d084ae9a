// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace tessera::stats {

enum class Adjustment {
  bonferroni,          ///< m p. Dunn (1961); holds the chance of any false finding
  holm,                ///< step-down of it, never weaker. Holm (1979)
  benjamini_hochberg,  ///< holds the share of false findings among all findings. Benjamini & Hochberg (1995)
};

/// Adjusted p, in the same order, at most 1. Undefined ones stay so and do not count as tests.
[[nodiscard]] std::vector<double> adjusted_p(std::span<const double> p, Adjustment adjustment);

}  // namespace tessera::stats
