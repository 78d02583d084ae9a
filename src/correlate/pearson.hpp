// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "correlate/answer.hpp"
#include "correlate/co_moment_table.hpp"
#include "correlate/plan.hpp"
#include "correlate/segment_sweep.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// Co-moments of the numbers of a plan, in their order, within every segment: one sweep, and one more about the segments' own
/// means where one of these lies far from the mean of all.
/// @throws MemoryError if the sums do not fit
[[nodiscard]] CoMomentTable sweep_co_moments(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep);

/// The same of cells that somebody else hands on, about 0.
/// @param may_miss  [columns]
[[nodiscard]] MomentsTask pairs_task(std::int32_t segments, std::vector<std::uint8_t> may_miss, std::vector<double> pivots);

/// Pearson's correlation of two columns of a table, in a segment or in all (-1).
[[nodiscard]] PairAnswer pearson_of(const CoMomentTable& table, int segment, std::int64_t x, std::int64_t y);

/// Pearson's correlations of all customers, then of each segment.
[[nodiscard]] std::vector<CorrelationGroup> pearson_groups(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep);

}  // namespace tessera
