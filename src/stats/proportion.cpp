// SPDX-License-Identifier: Apache-2.0
#include "stats/proportion.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"

namespace tessera::stats {
namespace {

double arcsine(double share) { return 2.0 * std::asin(std::sqrt(share)); }

}  // namespace

Proportion proportion(double hits, double weight, double weight_squares) {
  if (!(weight > 0.0 && weight_squares > 0.0)) return {};
  // Hits and weight may have been added up in different orders.
  return {std::clamp(hits / weight, 0.0, 1.0), effective_n(weight, weight_squares)};
}

Interval wilson_interval(Proportion share, double confidence) {
  if (!(share.n > 0.0)) return {};
  const double z = normal_reach(confidence);
  const double spread = z * z / share.n;
  const double centre = (share.value + spread / 2.0) / (1.0 + spread);
  const double reach = std::sqrt(spread * (share.value * (1.0 - share.value) + spread / 4.0)) / (1.0 + spread);
  return {share.value == 0.0 ? 0.0 : centre - reach, share.value == 1.0 ? 1.0 : centre + reach};
}

ProportionDifference compare_proportions(Proportion a, Proportion b, double confidence) {
  if (!(a.n > 0.0 && b.n > 0.0)) return {};
  ProportionDifference result;
  result.difference = a.value - b.value;
  result.interval = difference_interval(a.value, wilson_interval(a, confidence), b.value, wilson_interval(b, confidence));
  const double pooled = (a.value * a.n + b.value * b.n) / (a.n + b.n);
  const double variance = pooled * (1.0 - pooled) * (1.0 / a.n + 1.0 / b.n);
  if (variance > 0.0) {
    const double z = result.difference / std::sqrt(variance);
    result.test = {z, kUndefined, normal_two_sided(z)};
  }
  result.h = arcsine(a.value) - arcsine(b.value);
  const double reach = normal_reach(confidence) * std::sqrt(1.0 / a.n + 1.0 / b.n);
  result.h_interval = {result.h - reach, result.h + reach};
  return result;
}

}  // namespace tessera::stats
