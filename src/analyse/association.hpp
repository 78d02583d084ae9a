// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// Pearson's correlations of plan.correlated, pairwise complete: of all customers, then within each segment.
[[nodiscard]] std::vector<CorrelationGroup> correlate(const AnalysisPlan& plan, const AnalysisStatistics& statistics);

}  // namespace tessera
