// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "analyse/analyse.hpp"
#include "analyse/analysis_statistics.hpp"
#include "core/thread_pool.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// How far every two segments lie apart, and how many customers could go either way between them.
[[nodiscard]] std::vector<BoundaryPair> pair_segments(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                      const AssignmentCounts& counts, ThreadPool& threads);

/// Looks for two groups in every number of every segment, on the sample; the findings first, then the others by p.
[[nodiscard]] std::vector<BimodalityFinding> find_bimodality(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                                             std::span<const ColumnProfile> profiles,
                                                             const std::vector<std::string>& segment_names,
                                                             ThreadPool& threads);

/// Segmentations that the company has, against these.
[[nodiscard]] std::vector<SegmentationComparison> compare_segmentations(const AnalysisPlan& plan,
                                                                        const AnalysisStatistics& statistics,
                                                                        std::span<const ColumnProfile> profiles);

}  // namespace tessera
