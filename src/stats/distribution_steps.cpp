// SPDX-License-Identifier: Apache-2.0
#include "stats/distribution_steps.hpp"

#include <numeric>

namespace tessera::stats {

DistributionSteps distribution_steps(std::span<const double> sorted, std::span<const double> weights) {
  DistributionSteps steps;
  const double total =
      weights.empty() ? static_cast<double>(sorted.size()) : std::accumulate(weights.begin(), weights.end(), 0.0);
  double reached = 0.0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (steps.x.empty() || sorted[i] != steps.x.back()) {
      steps.x.push_back(sorted[i]);
      steps.below.push_back(reached / total);
      steps.upto.push_back(0.0);
    }
    reached += weights.empty() ? 1.0 : weights[i];
    steps.upto.back() = reached / total;
  }
  if (!steps.upto.empty()) steps.upto.back() = 1.0;
  return steps;
}

std::vector<std::size_t> hull_corners(std::span<const double> x, std::span<const double> y, std::size_t first, std::size_t last,
                                      Hull hull) {
  const double turn = hull == Hull::lower ? 1.0 : -1.0;
  std::vector<std::size_t> corners;
  for (std::size_t i = first; i <= last; ++i) {
    while (corners.size() >= 2) {
      const std::size_t a = corners[corners.size() - 2];
      const std::size_t b = corners.back();
      const double cross = (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]);
      if (turn * cross > 0.0) break;
      corners.pop_back();
    }
    corners.push_back(i);
  }
  return corners;
}

std::vector<double> hull_heights(std::span<const double> x, std::span<const double> y, std::span<const std::size_t> corners) {
  std::vector<double> heights = {y[corners.front()]};
  for (std::size_t c = 1; c < corners.size(); ++c) {
    const std::size_t a = corners[c - 1];
    const std::size_t b = corners[c];
    for (std::size_t i = a + 1; i < b; ++i) heights.push_back(y[a] + (x[i] - x[a]) / (x[b] - x[a]) * (y[b] - y[a]));
    heights.push_back(y[b]);
  }
  return heights;
}

}  // namespace tessera::stats
