// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "analyse/analysis_plan.hpp"

namespace tessera {

/// A plan in the making: what is wished for and known, and the columns that the sweep reads for it.
struct PlanBuilder {
  const AnalysisWishes& wishes;
  const AnalysisSource& source;
  AnalysisPlan plan = {};

  [[nodiscard]] int columns() const { return static_cast<int>(source.profiles.size()); }
  [[nodiscard]] const ColumnProfile& profile(int column) const { return source.profiles[static_cast<std::size_t>(column)]; }
  [[nodiscard]] const ColumnLevels& levels(int column) const { return source.levels[static_cast<std::size_t>(column)]; }
  [[nodiscard]] bool used_in_fit(int column) const;
  /// As prepare reads it.
  [[nodiscard]] bool is_category(int column) const;
  /// Columns that are described by themselves. Named ones are whatever else is thought of them.
  [[nodiscard]] bool is_shown(int column) const;

  /// The place of a column of numbers among the series, which it joins if it is new.
  int add_series(NumberColumn column);
  /// 1 for a level, 0 for the others.
  int add_indicator(int column, const std::string& level);
  int add_code(CodeColumn code);
  /// Codes of a column by labels, in their order.
  [[nodiscard]] CodeColumn dictionary(int column, const std::vector<std::string>& labels) const;
};

[[nodiscard]] inline bool has(const std::vector<int>& list, int column) {
  return std::find(list.begin(), list.end(), column) != list.end();
}

// The parts of a plan, in the order in which they are made.
void plan_kpis(PlanBuilder& builder);
void plan_categories(PlanBuilder& builder);
void plan_periods(PlanBuilder& builder);
void plan_tables(PlanBuilder& builder);
void plan_correlations(PlanBuilder& builder);
/// After the correlations.
void plan_drivers(PlanBuilder& builder);

}  // namespace tessera
