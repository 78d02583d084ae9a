// SPDX-License-Identifier: Apache-2.0
#include "stats/cohens_d.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

StandardizedDifference cohens_d(const Moments& a, const Moments& b, double confidence) {
  const double n_a = a.effective_n();
  const double n_b = b.effective_n();
  const double df = n_a + n_b - 2.0;
  const double pooled = ((n_a - 1.0) * a.variance() + (n_b - 1.0) * b.variance()) / df;
  if (!(pooled > 0.0)) return {};
  StandardizedDifference result;
  result.d = (a.mean - b.mean) / std::sqrt(pooled);
  result.g = result.d * (1.0 - 3.0 / (4.0 * df - 1.0));
  const double variance = (n_a + n_b) / (n_a * n_b) + result.g * result.g / (2.0 * (n_a + n_b));
  const double reach = normal_reach(confidence) * std::sqrt(variance);
  result.interval = {result.g - reach, result.g + reach};
  return result;
}

}  // namespace tessera::stats
