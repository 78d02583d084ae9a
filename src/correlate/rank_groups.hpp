// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "correlate/plan.hpp"
#include "correlate/segment_sweep.hpp"
#include "tessera/backend.hpp"
#include "tessera/correlate.hpp"

namespace tessera {

/// Spearman's correlations of all customers, then of each segment; says in `result` how ranks were found.
/// @throws MemoryError if every column was to be sorted, and that does not fit
[[nodiscard]] std::vector<CorrelationGroup> spearman_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep,
                                                            RankPolicy policy, CorrelationTable& result);

/// Kendall's tau-b of all customers, then of each segment: of all rows, or where there are more than `most_rows` of those with
/// the smallest keys (draw_row()); says in `result` which.
[[nodiscard]] std::vector<CorrelationGroup> kendall_groups(const CorrelationPlan& plan, SegmentSweep& sweep,
                                                           std::int64_t most_rows, CorrelationTable& result);

}  // namespace tessera
