// SPDX-License-Identifier: Apache-2.0
#include "stats/jackknife.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

JackknifeResult jackknife(double estimate, std::span<const double> replicates, double confidence) {
  const auto groups = static_cast<double>(replicates.size());
  if (!(groups >= 2.0)) return {};
  double mean = 0.0;
  for (const double replicate : replicates) mean += replicate / groups;
  double squares = 0.0;
  for (const double replicate : replicates) squares += (replicate - mean) * (replicate - mean);
  JackknifeResult result;
  result.standard_error = std::sqrt((groups - 1.0) / groups * squares);
  const double reach = t_reach(confidence, groups - 1.0) * result.standard_error;
  result.interval = {estimate - reach, estimate + reach};
  return result;
}

}  // namespace tessera::stats
