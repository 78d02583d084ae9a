// SPDX-License-Identifier: Apache-2.0
#include "core/edit_distance.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tessera {
namespace {

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

int edit_distance(std::string_view from, std::string_view to) {
  // Three rows of the table of distances between prefixes: two back (for swaps), one back, and the present one.
  std::vector<int> before_last(to.size() + 1), last(to.size() + 1), present(to.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    present[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const int substituted = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      present[j] = std::min({substituted, last[j] + 1, present[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) present[j] = std::min(present[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, present);
  }
  return last[to.size()];
}

std::optional<std::string> nearest_name(std::string_view word, std::span<const std::string> candidates) {
  const std::string wanted = lower(word);
  const int limit = (static_cast<int>(word.size()) + 1) / 3;
  const std::string* nearest = nullptr;
  int least = limit + 1;
  for (const std::string& candidate : candidates) {
    const int distance = edit_distance(wanted, lower(candidate));
    if (distance < least) {
      least = distance;
      nearest = &candidate;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

}  // namespace tessera
