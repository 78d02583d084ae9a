// SPDX-License-Identifier: Apache-2.0
#include "stats/p_adjust.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tessera::stats {

std::vector<double> adjusted_p(std::span<const double> p, Adjustment adjustment) {
  std::vector<double> adjusted(p.begin(), p.end());
  std::vector<std::size_t> order;  // ascending p
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  const auto m = static_cast<double>(order.size());
  switch (adjustment) {
    case Adjustment::bonferroni:
      for (const std::size_t i : order) adjusted[i] = std::min(1.0, m * p[i]);
      break;
    case Adjustment::holm: {
      double largest = 0.0;
      for (std::size_t rank = 0; rank < order.size(); ++rank) {
        largest = std::max(largest, (m - static_cast<double>(rank)) * p[order[rank]]);
        adjusted[order[rank]] = std::min(1.0, largest);
      }
      break;
    }
    case Adjustment::benjamini_hochberg: {
      double least = 1.0;
      for (std::size_t rank = order.size(); rank > 0; --rank) {
        least = std::min(least, m / static_cast<double>(rank) * p[order[rank - 1]]);
        adjusted[order[rank - 1]] = least;
      }
      break;
    }
  }
  return adjusted;
}

}  // namespace tessera::stats
