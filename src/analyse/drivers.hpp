// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// What moves each outcome of the plan, of all customers and within each segment.
[[nodiscard]] std::vector<DriverAnalysis> find_drivers(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                       ThreadPool& threads);

}  // namespace tessera
