// SPDX-License-Identifier: Apache-2.0
#include "stats/net_promoter.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"

namespace tessera::stats {
namespace {

constexpr double kPoints = 100.0;

/// Standard error of the difference of two shares of one multinomial.
double standard_error(double promoters, double detractors, double n) {
  const double score = promoters - detractors;
  return std::sqrt(std::max(0.0, promoters + detractors - score * score) / n);
}

}  // namespace

NetPromoterScore net_promoter_score(const NetPromoterAnswers& answers, double confidence) {
  const double weight = answers.promoters + answers.passives + answers.detractors;
  const double n = effective_n(weight, answers.weight_squares);
  if (!(weight > 0.0 && n > 0.0)) return {};
  const double promoters = answers.promoters / weight;
  const double detractors = answers.detractors / weight;
  // Bonett & Price: one more answer on either side.
  const double more_promoters = (promoters * n + 1.0) / (n + 2.0);
  const double more_detractors = (detractors * n + 1.0) / (n + 2.0);
  const double centre = more_promoters - more_detractors;
  const double reach = normal_reach(confidence) * standard_error(more_promoters, more_detractors, n + 2.0);
  const Interval interval = {kPoints * std::max(-1.0, centre - reach), kPoints * std::min(1.0, centre + reach)};
  return {kPoints * (promoters - detractors), kPoints * standard_error(promoters, detractors, n), interval, n};
}

NetPromoterDifference compare_net_promoters(const NetPromoterScore& a, const NetPromoterScore& b) {
  NetPromoterDifference result;
  result.difference = a.score - b.score;
  result.interval = difference_interval(a.score, a.interval, b.score, b.interval);
  const double error = std::hypot(a.standard_error, b.standard_error);
  if (!(error > 0.0)) return result;
  const double z = result.difference / error;
  result.test = {z, kUndefined, normal_two_sided(z)};
  return result;
}

}  // namespace tessera::stats
