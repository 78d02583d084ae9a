// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analyse/plan_builder.hpp"
#include "stats/lmg_shares.hpp"

namespace tessera {
namespace {

/// Of those that were not named: the shares of more are relative weights, and co-moments grow with the square.
constexpr std::int64_t kMostDrivers = stats::kMostLmgPredictors;
constexpr std::size_t kMostOutcomes = 3;

int correlated_of(const AnalysisPlan& plan, int column) {
  for (std::size_t i = 0; i < plan.correlated.size(); ++i) {
    const NumberColumn& number = plan.columns.numbers[static_cast<std::size_t>(plan.correlated[i].series)];
    if (number.column == column) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

void plan_drivers(PlanBuilder& builder) {
  std::vector<int> wanted;
  for (const int column : builder.wishes.outcomes) wanted.push_back(column);
  if (wanted.empty()) {
    for (const PlannedKpi& kpi : builder.plan.kpis) {
      const bool suits = kpi.spec.type != KpiType::ratio && kpi.spec.type != KpiType::duration;
      if (suits && wanted.size() < kMostOutcomes && !has(wanted, kpi.spec.column)) wanted.push_back(kpi.spec.column);
    }
  }
  for (const int column : wanted) {
    const int at = correlated_of(builder.plan, column);
    if (at < 0) continue;
    const CorrelatedColumn& outcome = builder.plan.correlated[static_cast<std::size_t>(at)];
    builder.plan.outcomes.push_back({outcome.name, outcome.series, outcome.used_in_fit});
  }
  if (builder.plan.outcomes.empty()) return;
  std::int64_t left_out = 0;
  for (std::size_t i = 0; i < builder.plan.correlated.size(); ++i) {
    const CorrelatedColumn& column = builder.plan.correlated[i];
    const int source = builder.plan.columns.numbers[static_cast<std::size_t>(column.series)].column;
    if (has(wanted, source) || has(builder.plan.drivers, static_cast<int>(i))) continue;
    const bool asked = has(builder.wishes.drivers, source);
    if (!builder.wishes.drivers.empty() ? !asked : (column.outcome || column.date)) continue;
    if (asked || std::ssize(builder.plan.drivers) < kMostDrivers) {
      builder.plan.drivers.push_back(static_cast<int>(i));
    } else {
      ++left_out;
    }
  }
  if (left_out > 0) {
    builder.plan.notes.push_back(fmt::format(
        "drivers are the first {} columns, {} are left out; name others, or more, with --drivers", kMostDrivers, left_out));
  }
}

}  // namespace tessera
