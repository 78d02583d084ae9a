// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// What every column looks like in every segment, against the rest of the customers; in the order of the table.
[[nodiscard]] std::vector<ColumnAnalysis> profile_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                           std::span<const ColumnProfile> profiles);

/// The traits that set each segment apart, strongest first, and default names: labels, names, or made of the traits.
[[nodiscard]] std::vector<AnalysisSegment> name_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                         const std::vector<ColumnAnalysis>& columns,
                                                         const AnalysisSource& source);

}  // namespace tessera
