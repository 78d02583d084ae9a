// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "stats/result.hpp"

namespace tessera::stats {

/// Test for a linear trend of a proportion over ordered groups such as periods: z (positive if it rises) and p. Cochran (1954);
/// Armitage (1955). Undefined for fewer than two distinct scores with rows, or where all rows or none are hits.
/// @param scores  [m] position of each group
/// @param hits    [m] effective counts
/// @param totals  [m] effective counts, hits included
[[nodiscard]] TestResult cochran_armitage(std::span<const double> scores, std::span<const double> hits,
                                          std::span<const double> totals);

}  // namespace tessera::stats
