// SPDX-License-Identifier: Apache-2.0
#include "stats/cochran_armitage.hpp"

#include <cmath>

#include "stats/distributions.hpp"

namespace tessera::stats {

TestResult cochran_armitage(std::span<const double> scores, std::span<const double> hits, std::span<const double> totals) {
  double n = 0.0;
  double all_hits = 0.0;
  double mean_score = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(totals[i] > 0.0)) continue;
    n += totals[i];
    all_hits += hits[i];
    mean_score += (totals[i] / n) * (scores[i] - mean_score);
  }
  const double rate = all_hits / n;
  double trend = 0.0;
  double spread = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(totals[i] > 0.0)) continue;
    const double score = scores[i] - mean_score;
    trend += score * hits[i];
    spread += score * score * totals[i];
  }
  const double variance = rate * (1.0 - rate) * spread;
  if (!(variance > 0.0)) return {};
  const double z = trend / std::sqrt(variance);
  return {z, kUndefined, normal_two_sided(z)};
}

}  // namespace tessera::stats
