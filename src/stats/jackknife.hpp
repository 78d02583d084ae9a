// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

struct JackknifeResult {
  double standard_error = kUndefined;
  Interval interval;  ///< t with groups - 1 degrees of freedom, about the estimate
};

/// Delete-a-group jackknife: the estimate again without each of G random groups of rows. Quenouille (1956); Kott, The
/// delete-a-group jackknife (2001). Undefined for fewer than two groups or if any value is undefined.
/// @param estimate    from all rows
/// @param replicates  [G] without group g
[[nodiscard]] JackknifeResult jackknife(double estimate, std::span<const double> replicates, double confidence = kConfidence);

}  // namespace tessera::stats
