// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "analyse/plan_builder.hpp"

namespace tessera {
namespace {

int add_event(PlanBuilder& builder, const KpiSpec& spec) {
  CodeColumn code = builder.dictionary(spec.event, {spec.event_level});
  code.other = 1;
  code.size = 2;  // 0: it happened, 1: not yet
  return builder.add_code(std::move(code));
}

}  // namespace

void plan_kpis(PlanBuilder& builder) {
  for (const KpiSpec& spec : builder.wishes.kpis) {
    PlannedKpi kpi;
    kpi.spec = spec;
    kpi.used_in_fit = builder.used_in_fit(spec.column);
    kpi.amount = builder.profile(spec.column).min >= 0.0 && (spec.type == KpiType::mean || spec.type == KpiType::sum);
    switch (spec.type) {
      case KpiType::rate:
        kpi.series = builder.add_indicator(spec.column, spec.level);
        break;
      case KpiType::nps:
        kpi.series = builder.add_series({.column = spec.column, .form = NumberColumn::Form::promoter});
        break;
      case KpiType::csat:
        kpi.series =
            builder.add_series({.column = spec.column, .form = NumberColumn::Form::at_least, .number = spec.threshold});
        break;
      default:
        kpi.series = builder.add_series({.column = spec.column});
    }
    if (spec.denominator >= 0) kpi.denominator = builder.add_series({.column = spec.denominator});
    if (spec.event >= 0) kpi.event = add_event(builder, spec);
    builder.plan.kpis.push_back(std::move(kpi));
  }
}

}  // namespace tessera
