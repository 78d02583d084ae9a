// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assign/assign.hpp"
#include "tessera/model.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// How one segment differs from all customers in one source column (nominal: in one level).
struct Trait {
  std::string feature;
  std::string level;        ///< nominal only: the level; empty for numeric columns
  double value = 0.0;       ///< of the segment: original units, or the share of the level in [0, 1]
  double overall = 0.0;     ///< of all fitted customers, the same way
  double difference = 0.0;  ///< numeric: in standard deviations; nominal: of shares. Signed
  double strength = 0.0;    ///< ranks traits of both sorts: |difference| in standard deviations (a share's is sqrt(p (1 - p)))
  std::string words;        ///< "income: 82,000 against 52,000 overall"
};

/// What a source column looks like within a segment.
struct SourceValue {
  double value = 0.0;          ///< numeric: the mean in original units (log1p: mean of the logarithm, turned back)
  std::vector<double> shares;  ///< nominal: share of each level, then of "other" if there is one
};

/// One segment in the words and units of the people who use it.
struct SegmentPortrait {
  int segment = 0;
  std::string name;  ///< "high income, low age"; "typical" when nothing stands out
  std::int64_t size_rows = 0;
  double weight = 0.0;
  double share = 0.0;  ///< of the total weight; of the rows assigned if nothing was fitted
  std::int64_t boundary_rows = 0;
  double boundary_share = 0.0;        ///< of the segment's rows
  std::vector<SourceValue> centroid;  ///< [sources]
  std::vector<Trait> traits;          ///< strongest first; one per source
};

struct Portraits {
  std::vector<SegmentPortrait> segments;
  std::vector<SourceValue> overall;  ///< [sources] of all fitted customers
};

/// Describes every segment from its centroid. `profiles` (may be empty) supply standard deviations where the plan did not
/// scale.
[[nodiscard]] Portraits describe_segments(const Model& model, const AssignSummary& assigned,
                                          const std::vector<ColumnProfile>& profiles);

}  // namespace tessera
