// SPDX-License-Identifier: Apache-2.0
#include "stats/gap_decomposition.hpp"

namespace tessera::stats {

GapDecomposition gap_decomposition(const GapSide& group, const GapSide& reference) {
  GapDecomposition result;
  result.gap = group.outcome - reference.outcome;
  result.constant = result.gap;
  for (std::size_t j = 0; j < reference.means.size(); ++j) {
    const double level = (group.means[j] - reference.means[j]) * reference.coefficients[j];
    const double effect = group.means[j] * (group.coefficients[j] - reference.coefficients[j]);
    result.levels.push_back(level);
    result.effects.push_back(effect);
    result.constant -= level + effect;
  }
  return result;
}

}  // namespace tessera::stats
