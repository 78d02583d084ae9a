// SPDX-License-Identifier: Apache-2.0
#include "tessera/statistics.hpp"

#include <algorithm>
#include <functional>

namespace tessera {

void NearestStatistics::add(const NearestStatistics& other) {
  const std::int64_t cells = sums.rows() * sums.columns();
  std::transform(sums.data(), sums.data() + cells, other.sums.data(), sums.data(), std::plus<>{});
  std::transform(weights.begin(), weights.end(), other.weights.begin(), weights.begin(), std::plus<>{});
  std::transform(rows.begin(), rows.end(), other.rows.begin(), rows.begin(), std::plus<>{});
  objective += other.objective;
  reference_rows += other.reference_rows;
}

}  // namespace tessera
