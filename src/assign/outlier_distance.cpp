// SPDX-License-Identifier: Apache-2.0
#include "assign/outlier_distance.hpp"

#include <cmath>
#include <cstdint>

#include "stats/distributions.hpp"

namespace tessera {

float mahalanobis_quantile(double share, std::int64_t numbers) {
  if (numbers == 0) return 0.0F;
  return static_cast<float>(std::sqrt(stats::chi_squared_quantile(share, static_cast<int>(numbers))));
}

float outlier_distance(const Mixture& mixture, double share) {
  return mahalanobis_quantile(share, std::ssize(mixture.numbers()));
}

}  // namespace tessera
