// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "correlate/plan.hpp"
#include "correlate/segment_sweep.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// Numbers and categories, of all customers, then of each segment: Pearson's correlation of two numbers, the correlation ratio
/// of a number and a category (F test), Cramer's V of two categories (chi-squared test). Ratio and V are never negative, so
/// that the matrix is not one of correlations: nothing is repaired or held constant.
/// @throws MemoryError if the counts do not fit
[[nodiscard]] std::vector<CorrelationGroup> mixed_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep);

}  // namespace tessera
