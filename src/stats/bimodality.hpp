// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"

namespace tessera::stats {

/// Distance of two normals in their joint spread; above 2 they are clearly separate. Ashman, Bird & Zepf (1994). Undefined
/// without spread.
[[nodiscard]] double ashman_d(double mean_a, double sd_a, double mean_b, double sd_b);

}  // namespace tessera::stats
