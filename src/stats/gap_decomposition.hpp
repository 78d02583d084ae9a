// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "stats/result.hpp"

namespace tessera::stats {

/// A group's side of a gap: a linear model of the outcome through the group's means.
struct GapSide {
  double outcome = kUndefined;           ///< mean
  std::span<const double> means;         ///< [d] of the drivers
  std::span<const double> coefficients;  ///< [d] in units of the outcome per unit of the driver
};

struct GapDecomposition {
  double gap = kUndefined;       ///< outcome of the group - of the reference
  std::vector<double> levels;    ///< [d] due to other levels of the driver: difference of means * reference's coefficient
  std::vector<double> effects;   ///< [d] due to its mattering more or less: group's mean * difference of coefficients
  double constant = kUndefined;  ///< due to neither: the difference of the intercepts
};

/// Twofold decomposition of the gap between two groups' means; the parts sum to the gap. Oaxaca (1973); Blinder (1973).
/// `levels` alone do not depend on where the drivers' scales have their zero (Jones 1983): quote effects and constant together.
[[nodiscard]] GapDecomposition gap_decomposition(const GapSide& group, const GapSide& reference);

}  // namespace tessera::stats
