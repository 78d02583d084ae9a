// SPDX-License-Identifier: Apache-2.0
#include "analyse/kpi_comparison.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "analyse/results.hpp"
#include "stats/contingency.hpp"
#include "stats/cramers_v.hpp"
#include "stats/log_rank.hpp"
#include "stats/restricted_mean.hpp"
#include "stats/welch_test.hpp"

namespace tessera {
namespace {

KpiComparison compare_means(const KpiGroup& a, const KpiGroup& b) {
  const stats::MeanDifference difference = stats::welch_test(a.moments, b.moments);
  const char* const name = a.type == KpiType::ratio ? "Welch's t test of linearized ratios" : "Welch's t test";
  return {difference.difference, to_interval(difference.interval), mean_effect(a.moments, b.moments),
          to_test(name, difference.test)};
}

KpiComparison compare_shares(const KpiGroup& a, const KpiGroup& b) {
  const stats::ProportionDifference difference = stats::compare_proportions(a.proportion(), b.proportion());
  return {difference.difference, to_interval(difference.interval),
          to_effect("Cohen's h", difference.h, difference.h_interval, kNotableH),
          to_test("z test of two proportions", difference.test)};
}

KpiComparison compare_promoters(const KpiGroup& a, const KpiGroup& b) {
  const stats::NetPromoterDifference difference =
      stats::compare_net_promoters(stats::net_promoter_score(a.answers()), stats::net_promoter_score(b.answers()));
  return {difference.difference, to_interval(difference.interval), mean_effect(a.moments, b.moments),
          to_test("z test of two net promoter scores", difference.test)};
}

/// The log-rank test of durations.
TestResult log_rank(std::span<const KpiGroup> groups) {
  std::vector<stats::SurvivalTimes> times;
  double squares = 0.0;
  for (const KpiGroup& group : groups) {
    times.emplace_back(group.times);
    squares += group.time_weight_squares();
  }
  return to_test("log-rank test", stats::log_rank_test(times, squares));
}

/// Mean times without the event, up to the last time that every group with rows was seen at: censored or not, and no matter
/// whether hazards are proportional.
std::vector<stats::RestrictedMean> restricted_means(std::span<const KpiGroup> groups) {
  double horizon = INFINITY;
  for (const KpiGroup& group : groups) {
    if (!group.times.empty()) horizon = std::min(horizon, group.times.back().time);
  }
  std::vector<stats::RestrictedMean> means;
  for (const KpiGroup& group : groups) {
    means.push_back(stats::restricted_mean(group.times, group.time_weight_squares(), horizon));
  }
  return means;
}

KpiComparison compare_times(const KpiGroup& a, const KpiGroup& b) {
  KpiComparison comparison;
  const Interval of_a = a.interval(), of_b = b.interval();
  comparison.difference = a.value() - b.value();
  comparison.interval =
      to_interval(stats::difference_interval(a.value(), {of_a.low, of_a.high}, b.value(), {of_b.low, of_b.high}));
  const KpiGroup both[] = {a, b};
  const std::vector<stats::RestrictedMean> means = restricted_means(both);
  const stats::RestrictedDifference difference = stats::compare_restricted_means(means[0], means[1]);
  comparison.effect = to_effect("Cohen's d of restricted mean times", difference.d, difference.interval, kNotableD);
  comparison.test = log_rank(both);
  return comparison;
}

KpiSpread spread_of_shares(std::span<const KpiGroup> groups) {
  Matrix<double> counts(2, std::ssize(groups));
  for (std::size_t s = 0; s < groups.size(); ++s) {
    const stats::Moments& own = groups[s].moments;
    const double n = own.effective_n();
    counts(0, static_cast<std::int64_t>(s)) = n > 0.0 ? n * own.mean : 0.0;
    counts(1, static_cast<std::int64_t>(s)) = n > 0.0 ? n * (1.0 - own.mean) : 0.0;
  }
  const stats::Association association = stats::cramers_v(counts.view());
  return {to_effect("Cramer's V", association.v, association.interval, kNotableV),
          to_test("Pearson's chi-squared test", stats::chi_squared_test(counts.view()))};
}

KpiSpread spread_of_means(std::span<const KpiGroup> groups) {
  std::vector<stats::Moments> moments;
  for (const KpiGroup& group : groups) moments.push_back(group.moments);
  const stats::VarianceAnalysis anova = stats::welch_anova(moments);
  const char* const name = groups.front().type == KpiType::ratio ? "Welch's analysis of variance of linearized ratios"
                                                                 : "Welch's analysis of variance";
  KpiSpread spread{eta_effect(moments), to_test(name, {anova.f, anova.between_df, anova.p})};
  spread.test.df2 = anova.within_df;
  return spread;
}

KpiSpread spread_of_times(std::span<const KpiGroup> groups) {
  std::vector<stats::Moments> moments;
  const std::vector<stats::RestrictedMean> means = restricted_means(groups);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!(means[g].n > 0.0)) continue;
    moments.push_back({groups[g].n(), means[g].n, means[g].n, means[g].value, means[g].n * means[g].variance});
  }
  // Without an interval: that of eta squared knows nothing of censoring.
  const double eta_squared = stats::variance_explained(moments).eta_squared;
  return {to_effect("eta squared of restricted times", eta_squared, {}, kNotableEta), log_rank(groups)};
}

}  // namespace

KpiComparison compare_kpi(const KpiGroup& a, const KpiGroup& b, bool may_test) {
  if (a.n() == 0 || b.n() == 0) return {};
  KpiComparison comparison;
  switch (a.type) {
    case KpiType::mean:
    case KpiType::sum:
    case KpiType::ratio:
      comparison = compare_means(a, b);
      break;
    case KpiType::rate:
    case KpiType::csat:
      comparison = compare_shares(a, b);
      break;
    case KpiType::nps:
      comparison = compare_promoters(a, b);
      break;
    case KpiType::duration:
      comparison = compare_times(a, b);
      break;
  }
  if (!may_test) comparison.test = {};
  return comparison;
}

KpiSpread spread_of_kpi(std::span<const KpiGroup> groups, bool may_test) {
  if (groups.empty()) return {};
  const KpiType type = groups.front().type;
  KpiSpread spread = type == KpiType::rate || type == KpiType::csat ? spread_of_shares(groups)
                     : type == KpiType::duration                    ? spread_of_times(groups)
                                                                    : spread_of_means(groups);
  if (!may_test) spread.test = {};
  return spread;
}

}  // namespace tessera
