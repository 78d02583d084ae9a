// SPDX-License-Identifier: Apache-2.0
#include "analyse/kpi_value.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyse/results.hpp"
#include "stats/mean_interval.hpp"

namespace tessera {
namespace {

/// What follows from the sums of a group.
void complete(KpiGroup& group) {
  if (group.type == KpiType::ratio) group.moments = stats::ratio_moments(group.both);
  if (group.type == KpiType::duration) group.survival = stats::kaplan_meier(group.times, group.time_weight_squares());
}

/// Both sets of rows: Chan, Golub & LeVeque (1983).
stats::CoMoments merged_pairs(const stats::CoMoments& a, const stats::CoMoments& b) {
  if (!(a.weight > 0.0)) return b;
  if (!(b.weight > 0.0)) return a;
  stats::CoMoments sum;
  sum.n = a.n + b.n;
  sum.weight = a.weight + b.weight;
  sum.weight_squares = a.weight_squares + b.weight_squares;
  const double share = b.weight / sum.weight, between = a.weight * share;
  const double x = b.mean_x - a.mean_x, y = b.mean_y - a.mean_y;
  sum.mean_x = a.mean_x + x * share;
  sum.mean_y = a.mean_y + y * share;
  sum.xx = a.xx + b.xx + x * x * between;
  sum.yy = a.yy + b.yy + y * y * between;
  sum.xy = a.xy + b.xy + x * y * between;
  return sum;
}

/// The times of one segment.
std::vector<stats::SurvivalTally> times_of(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi,
                                           std::size_t segment) {
  const PlannedKpi& planned = plan.kpis[kpi];
  const std::vector<double>& bins = statistics.event_bins[kpi];
  std::vector<stats::SurvivalTally> times;
  if (bins.empty()) return times;
  constexpr auto kBins = static_cast<std::size_t>(BinScale::kBins);
  const auto series = static_cast<std::size_t>(planned.series);
  const SeriesFacts& facts = plan.series[series];
  const BinValues values(BinScale::around(facts.center, facts.reach), facts.integral);
  const bool censored = planned.event >= 0;
  const double* const happened = bins.data() + segment * kBins * (censored ? 2 : 1);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const double events = happened[bin], others = censored ? happened[kBins + bin] : 0.0;
    if (events > 0.0 || others > 0.0) times.push_back({values.value(static_cast<int>(bin)), events, others});
  }
  return times;
}

}  // namespace

stats::Proportion KpiGroup::proportion() const {
  return stats::proportion(moments.mean * moments.weight, moments.weight, moments.weight_squares);
}

stats::NetPromoterAnswers KpiGroup::answers() const {
  // With x in {-100, 0, 100}: the sum of x and that of x^2 tell how many there are of each.
  const double sum = moments.mean * moments.weight / 100.0;
  const double squares = (moments.squares + moments.mean * moments.mean * moments.weight) / 1e4;
  const double promoters = std::max(0.0, 0.5 * (squares + sum)), detractors = std::max(0.0, 0.5 * (squares - sum));
  return {promoters, std::max(0.0, moments.weight - promoters - detractors), detractors, moments.weight_squares};
}

double KpiGroup::time_weight_squares() const {
  double weight = 0.0;
  for (const stats::SurvivalTally& tally : times) weight += tally.events + tally.censored;
  return moments.weight > 0.0 ? weight * moments.weight_squares / moments.weight : weight;
}

double KpiGroup::value() const {
  if (moments.n == 0) return kNoValue;
  switch (type) {
    case KpiType::sum:
      return moments.mean * moments.weight;
    case KpiType::duration:
      return stats::survival_time(survival, 0.5).value;
    default:
      return moments.mean;
  }
}

Interval KpiGroup::interval() const {
  switch (type) {
    case KpiType::rate:
    case KpiType::csat:
      return to_interval(stats::wilson_interval(proportion()));
    case KpiType::nps:
      return to_interval(stats::net_promoter_score(answers()).interval);
    case KpiType::duration:
      return to_interval(stats::survival_time(survival, 0.5).interval);
    case KpiType::sum: {
      const stats::Interval mean = stats::mean_interval(moments);
      return {mean.low * moments.weight, mean.high * moments.weight};
    }
    default:
      return to_interval(stats::mean_interval(moments));
  }
}

double KpiGroup::total() const {
  switch (type) {
    case KpiType::mean:
    case KpiType::sum:
    case KpiType::rate:
    case KpiType::csat:
      return moments.n > 0 ? moments.mean * moments.weight : kNoValue;
    case KpiType::ratio:
      return both.n > 0 ? both.mean_y * both.weight : kNoValue;
    default:
      return kNoValue;
  }
}

std::vector<KpiGroup> kpi_groups(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi) {
  const PlannedKpi& planned = plan.kpis[kpi];
  std::vector<KpiGroup> groups(static_cast<std::size_t>(plan.segments));
  for (std::size_t s = 0; s < groups.size(); ++s) {
    KpiGroup& group = groups[s];
    const auto segment = static_cast<std::int64_t>(s);
    group.type = planned.spec.type;
    group.moments = statistics.segments.of(segment, planned.series);
    if (planned.denominator >= 0) group.both = statistics.pairs.of(segment, planned.denominator, planned.series);
    if (group.type == KpiType::duration) group.times = times_of(plan, statistics, kpi, s);
    complete(group);
  }
  return groups;
}

KpiGroup period_group(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi, std::int64_t period,
                      std::int64_t segment) {
  const PlannedKpi& planned = plan.kpis[kpi];
  const std::int64_t at = period * plan.segments + segment;
  KpiGroup group;
  group.type = planned.spec.type;
  group.moments = statistics.periods.of(at, planned.series);
  if (planned.denominator >= 0) group.both = statistics.period_pairs.of(at, planned.denominator, planned.series);
  complete(group);
  return group;
}

KpiGroup merged(std::span<const KpiGroup> groups, std::int64_t left_out) {
  KpiGroup all;
  std::map<double, stats::SurvivalTally> times;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    all.type = groups[g].type;
    if (static_cast<std::int64_t>(g) == left_out) continue;
    all.moments = stats::merged(all.moments, groups[g].moments);
    all.both = merged_pairs(all.both, groups[g].both);
    for (const stats::SurvivalTally& tally : groups[g].times) {
      stats::SurvivalTally& sum = times.try_emplace(tally.time, stats::SurvivalTally{tally.time, 0.0, 0.0}).first->second;
      sum.events += tally.events;
      sum.censored += tally.censored;
    }
  }
  for (const auto& [time, tally] : times) all.times.push_back(tally);
  complete(all);
  return all;
}

}  // namespace tessera
