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
  stats::Moments moments;                     ///< of the number, of 0 and 1, of -100, 0 and 100 points; of a linearized ratio
  stats::CoMoments both;                      ///< ratios: x the denominator, y the numerator
  std::vector<stats::SurvivalTally> times;    ///< durations, ascending
  std::vector<stats::SurvivalStep> survival;  ///< durations

  [[nodiscard]] double value() const;
  [[nodiscard]] Interval interval() const;
  [[nodiscard]] std::int64_t n() const { return type == KpiType::ratio ? both.n : moments.n; }
  [[nodiscard]] double weight() const { return type == KpiType::ratio ? both.weight : moments.weight; }
  /// Sum of the numbers, of hits, of a ratio's numerator; NaN where there is no such thing.
  [[nodiscard]] double total() const;

  // Of rates and csat, of NPS, of durations.
  [[nodiscard]] stats::Proportion proportion() const;
  [[nodiscard]] stats::NetPromoterAnswers answers() const;
  [[nodiscard]] double time_weight_squares() const;  ///< sum of w^2 over `times`
};

/// Of every segment.
[[nodiscard]] std::vector<KpiGroup> kpi_groups(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi);

/// Of a segment within a period; durations have moments only.
[[nodiscard]] KpiGroup period_group(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi,
                                    std::int64_t period, std::int64_t segment);

/// All groups but those that are left out; -1: all.
[[nodiscard]] KpiGroup merged(std::span<const KpiGroup> groups, std::int64_t left_out = -1);

}  // namespace tessera
