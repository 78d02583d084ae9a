// SPDX-License-Identifier: Apache-2.0
#include "stats/correlation.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

Correlation correlation_of(double r, double n, double controls, double confidence) {
  if (std::isnan(r)) return {};
  Correlation result;
  result.r = std::clamp(r, -1.0, 1.0);
  result.n = n;
  const double df = n - 2.0 - controls;
  if (df > 0.0) {
    const double t = result.r * std::sqrt(df / ((1.0 - result.r) * (1.0 + result.r)));
    result.test = {t, df, t_two_sided(t, df)};
  }
  if (df > 1.0) {
    const double reach = normal_reach(confidence) / std::sqrt(df - 1.0);
    result.interval = {std::tanh(std::atanh(result.r) - reach), std::tanh(std::atanh(result.r) + reach)};
  }
  return result;
}

Correlation pearson(const CoMoments& moments, double confidence) {
  if (!(moments.xx > 0.0 && moments.yy > 0.0)) return {};
  const double r = moments.xy / (std::sqrt(moments.xx) * std::sqrt(moments.yy));
  return correlation_of(r, moments.effective_n(), 0.0, confidence);
}

CorrelationDifference compare_correlations(double r_a, double n_a, double r_b, double n_b, double confidence) {
  const double q = std::atanh(r_a) - std::atanh(r_b);
  if (!(n_a > 3.0 && n_b > 3.0) || !std::isfinite(q)) return {};
  const double error = std::sqrt(1.0 / (n_a - 3.0) + 1.0 / (n_b - 3.0));
  const double reach = normal_reach(confidence) * error;
  const double z = q / error;
  return {q, {q - reach, q + reach}, {z, kUndefined, normal_two_sided(z)}};
}

}  // namespace tessera::stats
