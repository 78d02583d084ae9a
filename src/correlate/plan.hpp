// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/column_levels.hpp"
#include "feed/analysis_sweep.hpp"
#include "tessera/correlation.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// What is known of a table and of its segments before it is swept.
struct CorrelationSource {
  std::span<const ColumnProfile> profiles;
  std::span<const ColumnLevels> levels;  ///< [columns]
  std::vector<std::string> segments;     ///< names; empty: there are none
  std::vector<std::string> labels;       ///< [segments] levels of `by`
  int by = -1;                           ///< column of segments; -1: labels are read, or there are no segments
  LabelReader read_labels;
  std::vector<std::string> used_in_fit;  ///< columns that the segments were made from
  int top_levels = 20;                   ///< of a category, kept apart
};

/// A column of numbers or of codes, and what it means.
struct PlannedVariable {
  CorrelationVariable variable;
  int place = -1;       ///< in AnalysisColumns::numbers, or ::codes if nominal
  double center = 0.0;  ///< pivot of sums: near the mean, a whole number for whole numbers
  double reach = 0.0;   ///< farthest a value lies from it
  bool integral = false;
  std::int32_t levels = 0;  ///< of a category
};

/// What is swept. The first column of codes says which segment a row belongs to; without segments all are in the first.
struct CorrelationPlan {
  static constexpr int kSegmentCode = 0;

  AnalysisColumns columns;
  std::int32_t segments = 1;
  std::vector<std::string> names;  ///< [segments]; empty: there are none
  std::vector<PlannedVariable> variables;
  std::vector<std::pair<std::string, std::string>> left_out;

  [[nodiscard]] bool has_segments() const { return !names.empty(); }
  /// Indices into `variables` of the numbers, or of the categories.
  [[nodiscard]] std::vector<int> numbers() const { return of_kind(false); }
  [[nodiscard]] std::vector<int> categories() const { return of_kind(true); }

 private:
  [[nodiscard]] std::vector<int> of_kind(bool nominal) const;
};

/// Chooses the columns: features and KPIs with two values or more. Categories of more than two levels are for
/// CorrelationMethod::mixed; for the others one with two levels counts as 0 and 1.
[[nodiscard]] CorrelationPlan plan_correlations(const CorrelationSource& source, CorrelationMethod method);

}  // namespace tessera
