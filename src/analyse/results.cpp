// SPDX-License-Identifier: Apache-2.0
#include "analyse/results.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "stats/cohens_d.hpp"
#include "stats/p_adjust.hpp"

namespace tessera {

Interval to_interval(const stats::Interval& interval) { return {interval.low, interval.high}; }

TestResult to_test(std::string name, const stats::TestResult& test) {
  TestResult result;
  if (std::isnan(test.p)) return result;
  result.name = std::move(name);
  result.statistic = test.statistic;
  result.df1 = test.degrees_of_freedom;
  result.p = test.p;
  return result;
}

EffectSize to_effect(std::string measure, double value, const stats::Interval& interval, double least) {
  EffectSize effect;
  if (std::isnan(value)) return effect;
  effect.measure = std::move(measure);
  effect.value = value;
  effect.interval = to_interval(interval);
  const double nearest = std::isnan(interval.low) ? value : value < 0.0 ? interval.high : interval.low;
  effect.notable = std::fabs(value) >= least && (value < 0.0 ? nearest <= -least : nearest >= least);
  return effect;
}

EffectSize mean_effect(const stats::Moments& group, const stats::Moments& rest) {
  const stats::StandardizedDifference difference = stats::cohens_d(group, rest);
  return to_effect("Cohen's d", difference.d, difference.interval, kNotableD);
}

EffectSize eta_effect(std::span<const stats::Moments> groups) {
  const stats::VarianceExplained explained = stats::variance_explained(groups);
  return to_effect("eta squared", explained.eta_squared, explained.interval, kNotableEta);
}

void adjust(std::span<TestResult* const> tests, const std::string& family) {
  std::vector<double> p;
  for (const TestResult* test : tests) p.push_back(test->p);
  const std::vector<double> adjusted = stats::adjusted_p(p, stats::Adjustment::benjamini_hochberg);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (std::isnan(p[i])) continue;
    tests[i]->p_adjusted = adjusted[i];
    tests[i]->family = family;
  }
}

stats::Moments all_but(std::span<const stats::Moments> groups, std::size_t left_out) {
  stats::Moments rest;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (g != left_out) rest = stats::merged(rest, groups[g]);
  }
  return rest;
}

double BinValues::value(int bin) const { return value(bin, 0.5); }

double BinValues::value(int bin, double share) const {
  if (bin == BinScale::kSide) return scale_.center;
  // Above the centre a bin holds its lower edge, below it its upper one.
  const bool above = bin > BinScale::kSide;
  const double low = scale_.edge(bin), high = scale_.edge(bin + 1);
  if (!integral_) return low + share * (high - low);
  const double first = above ? std::ceil(low) : std::floor(low) + 1.0;
  const double last = above ? std::ceil(high) - 1.0 : std::floor(high);
  if (!(last > first)) return first;
  return first + std::floor(share * (last - first + 1.0));
}

double quantile_of(std::span<const double> bins, const BinValues& values, double share) {
  double total = 0.0;
  for (const double weight : bins) total += weight;
  if (!(total > 0.0)) return kNoValue;
  const double target = share * total;
  double below = 0.0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    if (!(bins[bin] > 0.0)) continue;
    const double reached = below + bins[bin];
    if (reached > target) return values.value(static_cast<int>(bin), std::min(0.999999, (target - below) / bins[bin]));
    if (reached == target) {
      const auto next =
          std::find_if(bins.begin() + static_cast<std::ptrdiff_t>(bin) + 1, bins.end(), [](double w) { return w > 0.0; });
      const double low = values.value(static_cast<int>(bin), 0.999999);
      if (next == bins.end()) return low;
      return 0.5 * (low + values.value(static_cast<int>(next - bins.begin()), 0.0));
    }
    below = reached;
  }
  return values.value(static_cast<int>(bins.size()) - 1);
}

}  // namespace tessera
