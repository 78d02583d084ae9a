// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "correlate/co_moment_table.hpp"
#include "correlate/plan.hpp"
#include "correlate/segment_sweep.hpp"
#include "tessera/backend.hpp"

namespace tessera {

/// Co-moments of ranks that are known to within a bin of values.
struct BinnedRanks {
  std::vector<CoMomentTable> tables;  ///< all customers as one segment; then, if there are segments, these, ranked within each
  double error = 0.0;                 ///< without gaps, no correlation is farther from that of exact ranks
};

/// Two sweeps: how many customers are in every bin (BinScale) of every column, then the co-moments of the bins' mid-ranks.
/// With gaps, ranks are those among all who have the column.
///
/// With s^2 the share of the variance of the exact ranks that lies within bins - at most the sum of the cubed shares of the
/// bins that hold several values, over that of all ranks - exact ranks are sqrt(1 - s^2) of the binned ones and s of something
/// else, both of length 1. So |r - r_binned| <= 1 - c_x c_y + s_x + s_y + s_x s_y, with c = sqrt(1 - s^2).
/// @throws MemoryError if the counts do not fit
[[nodiscard]] BinnedRanks rank_by_bins(const CorrelationPlan& plan, Backend& backend, SegmentSweep& sweep);

}  // namespace tessera
