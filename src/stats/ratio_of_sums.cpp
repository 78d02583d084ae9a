// SPDX-License-Identifier: Apache-2.0
#include "stats/ratio_of_sums.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

Ratio ratio_of_sums(const CoMoments& moments, double confidence) {
  if (!(moments.weight > 0.0) || moments.mean_x == 0.0) return {};
  Ratio result;
  result.value = moments.mean_y / moments.mean_x;
  const double n = moments.effective_n();
  if (!(n > 1.0)) return result;
  // About the mean of y - ratio * x, which is 0.
  const double squares = moments.yy - 2.0 * result.value * moments.xy + result.value * result.value * moments.xx;
  const double variance = std::max(0.0, squares) / moments.weight / (n - 1.0);
  result.standard_error = std::sqrt(variance) / std::abs(moments.mean_x);
  const double reach = t_reach(confidence, n - 1.0) * result.standard_error;
  result.interval = {result.value - reach, result.value + reach};
  return result;
}

RatioDifference compare_ratios(const Ratio& a, const Ratio& b, double confidence) {
  RatioDifference result;
  result.difference = a.value - b.value;
  const double error = std::hypot(a.standard_error, b.standard_error);
  if (!(error > 0.0)) return result;
  const double z = result.difference / error;
  result.test = {z, kUndefined, normal_two_sided(z)};
  const double reach = normal_reach(confidence) * error;
  result.interval = {result.difference - reach, result.difference + reach};
  return result;
}

}  // namespace tessera::stats
