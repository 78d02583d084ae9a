// SPDX-License-Identifier: Apache-2.0
#include "stats/kaplan_meier.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"

namespace tessera::stats {
namespace {

constexpr double kRounding = 1e-12;

/// @param sum  Greenwood's: of events / (at risk * survivors)
SurvivalStep step_at(double time, double survival, double sum, double z) {
  // After the last of all rows nothing is left to estimate a variance from.
  if (survival <= 0.0) return {time, 0.0, kUndefined, {0.0, kUndefined}};
  const double error = std::sqrt(sum);
  const double reach = z * error / std::abs(std::log(survival));
  return {time, survival, survival * error, {std::pow(survival, std::exp(reach)), std::pow(survival, std::exp(-reach))}};
}

}  // namespace

std::vector<SurvivalStep> kaplan_meier(std::span<const SurvivalTally> tally, double weight_squares, double confidence) {
  // From the last time back, so that the rows at risk end in an exact 0.
  std::vector<double> at_risk(tally.size() + 1);
  for (std::size_t i = tally.size(); i-- > 0;) {
    if (!(tally[i].events >= 0.0 && tally[i].censored >= 0.0) || std::isnan(tally[i].time)) return {};
    at_risk[i] = at_risk[i + 1] + tally[i].censored + tally[i].events;
  }
  const double scale = effective_n(at_risk.front(), weight_squares) / at_risk.front();
  if (!(scale > 0.0) || !std::isfinite(scale)) return {};
  const double z = normal_reach(confidence);
  std::vector<SurvivalStep> curve;
  double survival = 1.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < tally.size(); ++i) {
    if (tally[i].events == 0.0) continue;
    const double survivors = at_risk[i + 1] + tally[i].censored;
    survival *= survivors / at_risk[i];
    sum += tally[i].events / (scale * at_risk[i] * survivors);
    curve.push_back(step_at(tally[i].time, survival, sum, z));
  }
  return curve;
}

SurvivalTime survival_time(std::span<const SurvivalStep> curve, double share) {
  const double left = 1.0 - share + kRounding;
  const auto first_below = [&](auto height) {
    const auto step = std::ranges::find_if(curve, [&](const SurvivalStep& at) { return height(at) <= left; });
    return step == curve.end() ? kUndefined : step->time;
  };
  return {first_below([](const SurvivalStep& at) { return at.survival; }),
          {first_below([](const SurvivalStep& at) { return at.interval.low; }),
           first_below([](const SurvivalStep& at) { return at.interval.high; })}};
}

}  // namespace tessera::stats
