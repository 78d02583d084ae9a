// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "assign/assign.hpp"
#include "tessera/model.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Traits kept of each segment.
inline constexpr std::size_t kMostTraits = 12;
/// Strength from which a trait is worth mentioning, in standard deviations.
inline constexpr double kNotableStrength = 0.25;

/// How one segment differs from all customers in one source column (nominal: in one level).
struct Trait {
  std::string feature;
  Kind kind = Kind::continuous;
  std::string level;        ///< nominal only: the level; empty for numeric columns
  double value = 0.0;       ///< of the segment: original units, or the share of the level in [0, 1]
  double overall = 0.0;     ///< of all fitted customers, the same way
  double difference = 0.0;  ///< numeric: in standard deviations, later dates positive; nominal: of shares
  double strength = 0.0;    ///< ranks both sorts: |difference| in standard deviations, for a share p that is sqrt(p (1 - p))
  std::string label;        ///< "income", "city is Paris"
  std::string figures;      ///< "82,000 against 52,000 overall"
  [[nodiscard]] std::string words() const { return label + ": " + figures; }
};

/// What a source column looks like within a segment.
struct SourceValue {
  double value = 0.0;          ///< numeric: the mean in original units (log1p: of the logarithm, turned back); nominal: unused
  std::vector<double> shares;  ///< nominal: share of each level, then of "other" if there is one
};

/// One segment in the words and units of the people who use it.
struct SegmentPortrait {
  int segment = 0;
  std::string name;  ///< "high income, low age"; "average" when nothing stands out
  std::int64_t size_rows = 0;
  double weight = 0.0;
  double share = 0.0;  ///< of the total weight
  std::int64_t boundary_rows = 0;
  double boundary_share = 0.0;        ///< of the segment's rows
  std::vector<SourceValue> centroid;  ///< [sources]
  std::vector<Trait> traits;          ///< the strongest first, at most kMostTraits, one per source
};

struct Portraits {
  std::vector<SegmentPortrait> segments;
  std::vector<SourceValue> overall;  ///< [sources] of all fitted customers
};

/// Describes every segment from its centroid. `profiles` (may be empty) supply standard deviations where the plan did not
/// scale; `assigned` the sizes (may be empty: sizes of the fit).
[[nodiscard]] Portraits describe_segments(const Model& model, const AssignSummary& assigned,
                                          const std::vector<ColumnProfile>& profiles);

/// The name of level `index` of a nominal source, "other" for the one behind the levels kept.
[[nodiscard]] std::string level_name(const FeatureSource& source, std::size_t index);
/// A value of a numeric source for people: "82,000", "2026-03-01".
[[nodiscard]] std::string value_text(const FeatureSource& source, double value, int digits = 3);

}  // namespace tessera
