// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// The medoid of every segment's sample: the customer with the least mean distance to the others, which is the sum over the
/// columns that the segments were made from (if there are none, all columns) of |x - y| / the quartile range of all customers,
/// and of 1 where categories differ; a missing cell is as far as any. Gower (1971), with quartile ranges for ranges. Segments
/// that are suppressed have none.
/// @param columns  as profiled, nothing suppressed yet
void find_typical_customers(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                            std::span<const ColumnAnalysis> columns, std::span<const ColumnProfile> profiles,
                            std::vector<AnalysisSegment>& segments);

}  // namespace tessera
