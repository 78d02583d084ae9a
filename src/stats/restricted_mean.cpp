// SPDX-License-Identifier: Apache-2.0
#include "stats/restricted_mean.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/distributions.hpp"

namespace tessera::stats {

RestrictedMean restricted_mean(std::span<const SurvivalTally> tally, double weight_squares, double horizon) {
  std::vector<double> at_risk(tally.size() + 1);
  for (std::size_t i = tally.size(); i-- > 0;) {
    if (!(tally[i].events >= 0.0 && tally[i].censored >= 0.0) || std::isnan(tally[i].time)) return {};
    at_risk[i] = at_risk[i + 1] + tally[i].censored + tally[i].events;
  }
  RestrictedMean result;
  result.n = effective_n(at_risk.front(), weight_squares);
  const double scale = result.n / at_risk.front();
  if (!(scale > 0.0) || !std::isfinite(scale) || !(horizon > 0.0)) return {};
  result.horizon = horizon;
  // Rectangles under the curve, and under 2 t S(t), whose area is the mean square.
  std::vector<double> area_until(tally.size());
  double survival = 1.0, from = 0.0, squares = 0.0;
  result.value = 0.0;
  const auto walk_to = [&](double time) {
    const double to = std::clamp(time, from, std::max(from, horizon));
    result.value += survival * (to - from);
    squares += survival * (to - from) * (to + from);
    from = to;
  };
  for (std::size_t i = 0; i < tally.size(); ++i) {
    walk_to(tally[i].time);
    area_until[i] = result.value;
    if (tally[i].events > 0.0) survival *= (at_risk[i + 1] + tally[i].censored) / at_risk[i];
  }
  walk_to(horizon);
  result.variance = std::max(0.0, squares - result.value * result.value);
  double error = 0.0;
  for (std::size_t i = 0; i < tally.size(); ++i) {
    const double survivors = at_risk[i + 1] + tally[i].censored, beyond = result.value - area_until[i];
    if (tally[i].events > 0.0 && survivors > 0.0) {
      error += beyond * beyond * tally[i].events / (scale * at_risk[i] * survivors);
    }
  }
  result.standard_error = std::sqrt(error);
  return result;
}

RestrictedDifference compare_restricted_means(const RestrictedMean& a, const RestrictedMean& b, double confidence) {
  const double rows = a.n + b.n;
  const double deviation = std::sqrt((a.n * a.variance + b.n * b.variance) / rows);
  if (!(deviation > 0.0)) return {};
  RestrictedDifference result;
  result.d = (a.value - b.value) / deviation;
  const double error = std::hypot(a.standard_error / deviation, b.standard_error / deviation, result.d / std::sqrt(2.0 * rows));
  const double reach = normal_reach(confidence) * error;
  result.interval = {result.d - reach, result.d + reach};
  return result;
}

}  // namespace tessera::stats
