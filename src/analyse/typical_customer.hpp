// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// Of every segment the customer of the sample who is nearest to its middle: the sum over the columns that the segments were
/// made from (if there are none, all columns) of |x - the segment's median| / the quartile range of all customers, and of 1 for
/// a category that is not the segment's commonest and for every cell that is missing. Segments that are suppressed have none.
/// @param columns  as profiled, nothing suppressed yet
void find_typical_customers(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                            std::span<const ColumnAnalysis> columns, std::span<const ColumnProfile> profiles,
                            std::vector<AnalysisSegment>& segments);

}  // namespace tessera
