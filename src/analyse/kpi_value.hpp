// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyse/analysis_statistics.hpp"
#include "stats/kaplan_meier.hpp"
#include "stats/net_promoter.hpp"
#include "stats/proportion.hpp"
#include "stats/ratio_of_sums.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// A KPI within one group of customers, in the form that its type is compared by.
struct KpiGroup {
  KpiType type = KpiType::mean;
  stats::Moments moments;                     ///< of the series: the number, 0 and 1, or -100, 0 and 100 points
  stats::CoMoments both;                      ///< ratios: x the denominator, y the numerator
  std::vector<stats::SurvivalTally> times;    ///< durations, ascending
  std::vector<stats::SurvivalStep> survival;  ///< durations

  [[nodiscard]] double value() const;
  [[nodiscard]] Interval interval() const;
  [[nodiscard]] std::int64_t n() const { return type == KpiType::ratio ? both.n : moments.n; }
  [[nodiscard]] double weight() const { return type == KpiType::ratio ? both.weight : moments.weight; }
  /// Sum of the numbers, of hits, of a ratio's numerator; NaN where there is no such thing.
  [[nodiscard]] double total() const;
  [[nodiscard]] double standard_error() const;  ///< NaN for durations

  // Of rates, csat, NPS and ratios.
  [[nodiscard]] stats::Proportion proportion() const;
  [[nodiscard]] stats::NetPromoterAnswers answers() const;
  [[nodiscard]] stats::Ratio ratio() const { return stats::ratio_of_sums(both); }
};

/// Of every segment.
[[nodiscard]] std::vector<KpiGroup> kpi_groups(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi);

/// All groups but those that are left out; -1: all.
[[nodiscard]] KpiGroup merged(std::span<const KpiGroup> groups, std::int64_t left_out = -1);

struct KpiComparison {
  double difference = kNoValue;
  Interval interval;
  EffectSize effect;
  TestResult test;
};
/// @param may_test  false: effects only
[[nodiscard]] KpiComparison compare_kpi(const KpiGroup& a, const KpiGroup& b, bool may_test);

}  // namespace tessera
