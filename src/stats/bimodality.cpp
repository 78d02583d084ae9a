// SPDX-License-Identifier: Apache-2.0
#include "stats/bimodality.hpp"

#include <cmath>

namespace tessera::stats {

double ashman_d(double mean_a, double sd_a, double mean_b, double sd_b) {
  const double spread = std::hypot(sd_a, sd_b);
  return spread > 0.0 ? std::sqrt(2.0) * std::abs(mean_a - mean_b) / spread : kUndefined;
}

double bimodality_coefficient(const CentralMoments& moments) {
  const double n = moments.n;
  if (!(n > 3.0 && moments.second > 0.0)) return kUndefined;
  const double plain_skewness = moments.third / (moments.second * std::sqrt(moments.second));
  const double plain_excess = moments.fourth / (moments.second * moments.second) - 3.0;
  const double skewness = plain_skewness * std::sqrt(n * (n - 1.0)) / (n - 2.0);
  const double small = (n - 1.0) / ((n - 2.0) * (n - 3.0));
  const double excess = small * ((n + 1.0) * plain_excess + 6.0);
  return (skewness * skewness + 1.0) / (excess + 3.0 * (n - 1.0) * small);
}

}  // namespace tessera::stats
