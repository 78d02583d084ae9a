// SPDX-License-Identifier: Apache-2.0
#include "stats/mean_interval.hpp"

#include "stats/distributions.hpp"

namespace tessera::stats {

Interval mean_interval(const Moments& moments, double confidence) {
  const double reach = t_reach(confidence, moments.effective_n() - 1.0) * moments.standard_error();
  return {moments.mean - reach, moments.mean + reach};
}

}  // namespace tessera::stats
