// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// Every KPI in every segment: value, interval, share of the total, index, rank, against the other customers and against every
/// other segment, over the periods.
[[nodiscard]] std::vector<KpiResult> compare_kpis(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                  std::span<const ColumnProfile> profiles);

}  // namespace tessera
