// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/row_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exact/distance.hpp"
#include "tessera/error.hpp"

namespace tessera {

void SegmentDrift::advance(MatrixView<const float> centroids) {
  const auto k = static_cast<std::size_t>(centroids.rows);
  if (centroids_.rows() == 0) {
    total_.assign(k, 0.0);
    lower_.assign(k, 0.0F);
    upper_.assign(k + 1, 0.0F);
    upper_[0] = std::numeric_limits<float>::infinity();
  } else if (centroids_.rows() != centroids.rows || centroids_.columns() != centroids.columns) {
    throw Error(ErrorCode::internal, "a series of passes must keep its number of centroids", "please report this");
  } else {
    std::vector<double> moved(k);
    for (std::size_t c = 0; c < k; ++c) {
      const auto row = static_cast<std::int64_t>(c);
      moved[c] =
          std::sqrt(exact::reference_distance2(centroids_.row(row).data(), centroids.row(row).data(), centroids.columns));
    }
    const auto farthest = static_cast<std::size_t>(std::ranges::max_element(moved) - moved.begin());
    double next = 0.0;  // the farthest move of another centroid than that one
    for (std::size_t c = 0; c < k; ++c) next = c == farthest ? next : std::max(next, moved[c]);
    for (std::size_t c = 0; c < k; ++c) {
      total_[c] += exact::drift_of(moved[c], c == farthest ? next : moved[farthest]);
      lower_[c] = exact::rounded_down(total_[c]);
      upper_[c + 1] = exact::rounded_up(total_[c]);
    }
  }
  centroids_ = Matrix<float>(centroids.rows, centroids.columns);
  std::copy_n(centroids.data, centroids.rows * centroids.columns, centroids_.data());
}

}  // namespace tessera
