// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

void add_correlated(PlanBuilder& builder, std::string name, int series, bool used, bool outcome, bool date = false) {
  auto& all = builder.plan.correlated;
  const bool there = std::any_of(all.begin(), all.end(), [&](const CorrelatedColumn& c) { return c.series == series; });
  if (there || all.size() >= kMostCorrelated) return;
  all.push_back({std::move(name), series, used, outcome, date});
  builder.plan.paired.push_back(series);
}

/// A rate stands for its column already.
bool is_covered(const PlanBuilder& builder, int column) {
  return std::any_of(builder.plan.kpis.begin(), builder.plan.kpis.end(),
                     [&](const PlannedKpi& kpi) { return kpi.spec.type == KpiType::rate && kpi.spec.column == column; });
}

}  // namespace

void plan_correlations(PlanBuilder& builder) {
  std::vector<int> outcomes = builder.wishes.outcomes;
  for (const PlannedKpi& kpi : builder.plan.kpis) {
    outcomes.push_back(kpi.spec.column);
    if (kpi.spec.denominator >= 0) outcomes.push_back(kpi.spec.denominator);
    if (kpi.spec.event >= 0) outcomes.push_back(kpi.spec.event);
  }
  for (const PlannedKpi& kpi : builder.plan.kpis) {
    const bool level = kpi.spec.type == KpiType::rate;
    const bool zero_one = level && kpi.spec.level == "1";
    const std::string name = level && !zero_one ? builder.profile(kpi.spec.column).name + "=" + kpi.spec.level
                                                : builder.profile(kpi.spec.column).name;
    const int series = level ? kpi.series : builder.add_series({.column = kpi.spec.column});
    add_correlated(builder, name, series, kpi.used_in_fit, true);
  }
  for (const int column : builder.wishes.outcomes) {
    if (!builder.is_category(column))
      add_correlated(builder, builder.profile(column).name, builder.add_series({.column = column}), builder.used_in_fit(column),
                     true);
  }
  const std::size_t before = builder.plan.numbers.size() + builder.plan.categories.size();
  for (const PlannedNumber& number : builder.plan.numbers) {
    const ColumnProfile& p = builder.profile(number.profile);
    if (is_covered(builder, number.profile)) continue;
    add_correlated(builder, p.name, number.series, number.used_in_fit, has(outcomes, number.profile), p.kind == Kind::date);
  }
  for (const PlannedCategory& category : builder.plan.categories) {
    if (category.labels.size() != 2 || !builder.is_category(category.profile) || is_covered(builder, category.profile))
      continue;
    const std::string& level = builder.levels(category.profile).labels.back();
    add_correlated(builder, builder.profile(category.profile).name + "=" + level,
                   builder.add_indicator(category.profile, level), category.used_in_fit, has(outcomes, category.profile));
  }
  if (builder.plan.correlated.size() == kMostCorrelated && before > kMostCorrelated) {
    builder.plan.notes.push_back(fmt::format("correlations are of the first {} columns, KPIs in front", kMostCorrelated));
  }
  for (const PlannedKpi& kpi : builder.plan.kpis) {
    for (const int series : {kpi.series, kpi.denominator}) {
      if (kpi.denominator >= 0 && !has(builder.plan.paired, series)) builder.plan.paired.push_back(series);
    }
  }
}

}  // namespace tessera
