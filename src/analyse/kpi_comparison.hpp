// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "analyse/kpi_value.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// A KPI of one group of customers against another.
struct KpiComparison {
  double difference = kNoValue;  ///< of the values; sums: of the means
  Interval interval;
  EffectSize effect;
  TestResult test;
};
/// @param may_test  false: effects only
[[nodiscard]] KpiComparison compare_kpi(const KpiGroup& a, const KpiGroup& b, bool may_test);

/// Whether a KPI differs between any of the groups.
struct KpiSpread {
  EffectSize effect;
  TestResult test;
};
[[nodiscard]] KpiSpread spread_of_kpi(std::span<const KpiGroup> groups, bool may_test);

}  // namespace tessera
