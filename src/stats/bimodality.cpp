// SPDX-License-Identifier: Apache-2.0
#include "stats/bimodality.hpp"

#include <cmath>

namespace tessera::stats {

double ashman_d(double mean_a, double sd_a, double mean_b, double sd_b) {
  const double spread = std::hypot(sd_a, sd_b);
  return spread > 0.0 ? std::sqrt(2.0) * std::abs(mean_a - mean_b) / spread : kUndefined;
}

}  // namespace tessera::stats
