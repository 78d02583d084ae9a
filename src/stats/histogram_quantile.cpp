// SPDX-License-Identifier: Apache-2.0
#include "stats/histogram_quantile.hpp"

#include <algorithm>

namespace tessera::stats {

HistogramQuantile histogram_quantile(std::span<const double> edges, std::span<const double> weights, double share) {
  double total = 0.0;
  for (const double weight : weights) {
    if (!(weight >= 0.0)) return {};
    total += weight;
  }
  if (!(total > 0.0 && share >= 0.0 && share <= 1.0)) return {};
  const double wanted = share * total;
  double below = 0.0;
  std::size_t bin = 0;  // the last one with weight that starts at or below the wanted rank
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0.0) continue;
    bin = i;
    if (below + weights[i] >= wanted) break;
    below += weights[i];
  }
  const double along = std::clamp((wanted - below) / weights[bin], 0.0, 1.0);
  const double value = edges[bin] + along * (edges[bin + 1] - edges[bin]);
  return {value, std::max(value - edges[bin], edges[bin + 1] - value)};
}

}  // namespace tessera::stats
