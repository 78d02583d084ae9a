// SPDX-License-Identifier: Apache-2.0
#include "tessera/correlation.hpp"

#include <algorithm>
#include <cmath>

namespace tessera {

std::string_view to_string(CorrelationMethod method) {
  constexpr std::string_view kWords[] = {"pearson", "spearman", "kendall", "mixed"};
  return kWords[static_cast<std::size_t>(method)];
}

std::string_view to_string(RankPolicy policy) {
  constexpr std::string_view kWords[] = {"auto", "exact", "sketch"};
  return kWords[static_cast<std::size_t>(policy)];
}

std::vector<CorrelationPair> strongest_pairs(const CorrelationTable& table, std::size_t most) {
  std::vector<CorrelationPair> pairs;
  for (std::size_t g = 0; g < table.groups.size(); ++g) {
    const Matrix<double>& r = table.groups[g].r;
    std::vector<CorrelationPair> own;
    for (std::int64_t i = 0; i < r.rows(); ++i) {
      for (std::int64_t j = i + 1; j < r.columns(); ++j) {
        if (!std::isnan(r(i, j))) own.push_back({g, i, j});
      }
    }
    std::ranges::stable_sort(own, std::greater<>(), [&](const CorrelationPair& pair) { return std::fabs(r(pair.x, pair.y)); });
    own.resize(std::min(own.size(), most));
    pairs.insert(pairs.end(), own.begin(), own.end());
  }
  return pairs;
}

}  // namespace tessera
