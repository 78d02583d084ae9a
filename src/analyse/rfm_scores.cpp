// SPDX-License-Identifier: Apache-2.0
#include "analyse/rfm_scores.hpp"

#include <algorithm>

#include "tessera/int128.hpp"

namespace tessera {

std::vector<std::int8_t> rfm_scores(std::span<const double> values, bool more_is_better) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int8_t> scores;
  scores.reserve(values.size());
  for (const double value : values) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    const std::int64_t worse = more_is_better ? low - sorted.begin() : sorted.end() - high;
    const std::int64_t equal = high - low;
    scores.push_back(static_cast<std::int8_t>(1 + Int128{5} * (2 * worse + equal) / (2 * std::ssize(sorted))));
  }
  return scores;
}

std::string rfm_cell(int recency_score, int frequency_score, int monetary_score) {
  return std::to_string(recency_score) + std::to_string(frequency_score) + std::to_string(monetary_score);
}

}  // namespace tessera
