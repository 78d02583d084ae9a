// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

/// p of dip_test below this is not told apart: print it as "< 1e-06" (p_text.hpp).
inline constexpr double kLeastDipP = 1e-6;

struct DipResult {
  double dip = kUndefined;  ///< above 0; at most 0.25 for n >= 2
  double p = kUndefined;    ///< that unimodal values dip as far; at least kLeastDipP
};

/// Largest difference between the distribution function of values and the nearest unimodal one. Hartigan & Hartigan, The dip
/// test of unimodality (1985). Values that were rounded dip more than their p says: for scales of few values see
/// discretised_mixture.hpp.
/// @param sorted  [m] ascending, equal ones allowed
/// @param counts  [m] effective counts (contingency.hpp) > 0, or empty: ones; they sum to n
/// @return 1 / (2 n) for one distinct value; undefined without values
[[nodiscard]] double dip(std::span<const double> sorted, std::span<const double> counts = {});

/// The dip against uniform values, the unimodal ones that dip most: sqrt(n) dip is looked up in a simulated table between sizes
/// (beyond the largest: its limit), Gaussian tails beyond the table. Undefined for n < 4.
[[nodiscard]] DipResult dip_test(std::span<const double> sorted, std::span<const double> counts = {});

/// p of a dip of n values from uniform ones.
[[nodiscard]] double dip_p(double dip, double n);

}  // namespace tessera::stats
