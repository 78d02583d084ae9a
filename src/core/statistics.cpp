// SPDX-License-Identifier: Apache-2.0
#include "tessera/statistics.hpp"

#include <algorithm>
#include <functional>

namespace tessera {

namespace {

void add_cells(Matrix<Int128>& into, const Matrix<Int128>& other) {
  std::transform(other.data(), other.data() + other.rows() * other.columns(), into.data(), into.data(), std::plus<>{});
}

}  // namespace

void NearestStatistics::add(const NearestStatistics& other) {
  add_cells(sums, other.sums);
  add_cells(gap_sums, other.gap_sums);
  add_cells(gap_weights, other.gap_weights);
  std::transform(weights.begin(), weights.end(), other.weights.begin(), weights.begin(), std::plus<>{});
  std::transform(rows.begin(), rows.end(), other.rows.begin(), rows.begin(), std::plus<>{});
  objective += other.objective;
  reference_rows += other.reference_rows;
}

}  // namespace tessera
