// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/reference_pairs.hpp"

#include <array>
#include <cstddef>

#include "exact/distance.hpp"

namespace tessera {

void reference_distances(std::span<const ReferencePair> pairs, std::int64_t d, double* distance2) {
  constexpr std::size_t kTogether = 4;  // chains of dependent additions that hide each other's latency
  std::size_t p = 0;
  for (; p + kTogether <= pairs.size(); p += kTogether) {
    std::array<double, kTogether> sum{};
    for (std::int64_t j = 0; j < d; ++j) {
      for (std::size_t q = 0; q < kTogether; ++q) {
        const double difference = static_cast<double>(pairs[p + q].row[j]) - static_cast<double>(pairs[p + q].centroid[j]);
        sum[q] = sum[q] + difference * difference;
      }
    }
    for (std::size_t q = 0; q < kTogether; ++q) distance2[p + q] = sum[q];
  }
  for (; p < pairs.size(); ++p) distance2[p] = exact::reference_distance2(pairs[p].row, pairs[p].centroid, d);
}

}  // namespace tessera
