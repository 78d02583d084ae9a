// SPDX-License-Identifier: Apache-2.0
#include "stats/period_slope.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "stats/distributions.hpp"

namespace tessera::stats {
namespace {

bool counts(const PeriodValue& period) {
  return std::isfinite(period.period) && std::isfinite(period.value) && std::isfinite(period.standard_error) &&
         period.standard_error > 0.0;
}

double precision(const PeriodValue& period) { return 1.0 / (period.standard_error * period.standard_error); }

}  // namespace

Slope period_slope(std::span<const PeriodValue> periods, double confidence) {
  std::vector<PeriodValue> used;
  std::ranges::copy_if(periods, std::back_inserter(used), counts);
  double weight = 0.0;
  double middle = 0.0;
  double level = 0.0;
  for (const PeriodValue& at : used) {
    weight += precision(at);
    middle += (precision(at) / weight) * (at.period - middle);
    level += (precision(at) / weight) * (at.value - level);
  }
  double spread = 0.0;
  double joint = 0.0;
  for (const PeriodValue& at : used) {
    spread += precision(at) * (at.period - middle) * (at.period - middle);
    joint += precision(at) * (at.period - middle) * (at.value - level);
  }
  Slope slope;
  slope.periods = static_cast<std::int64_t>(used.size());
  if (!(spread > 0.0)) return slope;
  slope.value = joint / spread;
  double scale = 1.0;
  if (used.size() > 2) {
    double scatter = 0.0;
    for (const PeriodValue& at : used) {
      const double off = at.value - level - slope.value * (at.period - middle);
      scatter += precision(at) * off * off;
    }
    const double df = static_cast<double>(used.size()) - 2.0;
    slope.lack_of_fit = {scatter, df, chi_squared_upper(scatter, df)};
    scale = std::max(1.0, std::sqrt(scatter / df));
  }
  slope.standard_error = scale / std::sqrt(spread);
  const double z = slope.value / slope.standard_error;
  slope.test = {z, kUndefined, normal_two_sided(z)};
  const double reach = normal_reach(confidence) * slope.standard_error;
  slope.interval = {slope.value - reach, slope.value + reach};
  return slope;
}

}  // namespace tessera::stats
