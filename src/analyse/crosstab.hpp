// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// Every category against the segments, then the pairs of categories that were asked for, with the KPIs of each cell. Small
/// cells are not suppressed yet.
[[nodiscard]] std::vector<Crosstab> cross_tabulate(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                   std::span<const ColumnProfile> profiles,
                                                   const std::vector<std::string>& segment_names);

/// The tables that are followed, in every period, small cells suppressed, with the trend of every row; empty without periods.
[[nodiscard]] std::vector<PeriodCrosstab> follow_crosstabs(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                           std::span<const ColumnProfile> profiles,
                                                           const std::vector<std::string>& segment_names);

/// How the shares of segments and of the levels of categories move over the periods; empty without periods.
[[nodiscard]] std::vector<ShareTrend> follow_shares(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                    std::span<const ColumnProfile> profiles,
                                                    const std::vector<std::string>& segment_names);

}  // namespace tessera
