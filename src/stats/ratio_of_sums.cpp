// SPDX-License-Identifier: Apache-2.0
#include "stats/ratio_of_sums.hpp"

#include <algorithm>

namespace tessera::stats {

Moments ratio_moments(const CoMoments& moments) {
  if (!(moments.weight > 0.0) || moments.mean_x == 0.0) return {};
  const double ratio = moments.mean_y / moments.mean_x;
  // About the mean of y - ratio * x, which is 0.
  const double squares = moments.yy - 2.0 * ratio * moments.xy + ratio * ratio * moments.xx;
  return {moments.n, moments.weight, moments.weight_squares, ratio, std::max(0.0, squares) / (moments.mean_x * moments.mean_x)};
}

}  // namespace tessera::stats
