// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// What the last sweep of a fit counted, which rows in original units don't tell; empty for given segments.
struct AssignmentCounts {
  std::int64_t boundary = -1, outliers = -1;      ///< -1: not known
  std::vector<std::int64_t> boundary_pairs = {};  ///< [k x k] boundary rows by segment and runner-up
};

/// Answers every question of this folder from the statistics of one sweep, and suppresses what is said of too few.
[[nodiscard]] Analysis analyse(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const AnalysisSource& source,
                               const AssignmentCounts& counts, ThreadPool& threads);

}  // namespace tessera
