// SPDX-License-Identifier: Apache-2.0
#include "analyse/analysis_plan.hpp"

#include <utility>

#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

void plan_segments(PlanBuilder& builder) {
  CodeColumn segment;
  segment.source = CodeColumn::Source::labels;
  segment.size = builder.source.segments;
  if (builder.source.by >= 0) {
    segment = builder.dictionary(builder.source.by, builder.source.labels);
    segment.size = builder.source.segments;
  }
  builder.plan.columns.codes.push_back(std::move(segment));
  CodeColumn groups;
  groups.source = CodeColumn::Source::groups;
  groups.size = kJackknifeGroups;
  builder.plan.columns.codes.push_back(std::move(groups));
}

void plan_numbers(PlanBuilder& builder) {
  for (int column = 0; column < builder.columns(); ++column) {
    if (builder.is_category(column) || !builder.is_shown(column)) continue;
    builder.plan.numbers.push_back({column, builder.add_series({.column = column}), builder.used_in_fit(column)});
  }
}

}  // namespace

AnalysisPlan plan_analysis(const AnalysisWishes& wishes, const AnalysisSource& source) {
  PlanBuilder builder{wishes, source};
  builder.plan.segments = source.segments;
  builder.plan.min_cell = wishes.min_cell;
  builder.plan.columns.weight = source.weight;
  builder.plan.columns.weight_exponent = source.weight_exponent;
  builder.plan.columns.seed = wishes.seed;
  builder.plan.columns.labels = source.read_labels;
  plan_segments(builder);
  plan_numbers(builder);
  plan_kpis(builder);
  plan_categories(builder);
  plan_periods(builder);
  plan_tables(builder);
  plan_correlations(builder);
  if (wishes.find_drivers) plan_drivers(builder);
  return std::move(builder.plan);
}

}  // namespace tessera
