// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "exact/host_device.hpp"

namespace tessera::exact {

/// The reference distance: the squared Euclidean distance of x [d] and c [d] in float64, features ascending, every operation
/// rounded on its own. It defines labels, margins and inertia; whatever screens faster must agree with it.
TESSERA_HOST_DEVICE inline double reference_distance2(const float* x, const float* c, std::int64_t d) {
  double sum = 0.0;
  for (std::int64_t j = 0; j < d; ++j) {
    const double difference = static_cast<double>(x[j]) - static_cast<double>(c[j]);
    sum = sum + difference * difference;
  }
  return sum;
}

/// The two nearest centroids of a row so far. Ties go to the lower index, also for the second place.
struct TwoNearest {
  std::int32_t first = -1;
  std::int32_t second = -1;
  double first_distance2 = std::numeric_limits<double>::infinity();
  double second_distance2 = std::numeric_limits<double>::infinity();

  /// Offers centroid `index`; indices must be offered in ascending order.
  TESSERA_HOST_DEVICE void offer(std::int32_t index, double distance2) {
    if (first < 0 || distance2 < first_distance2) {
      second = first;
      second_distance2 = first_distance2;
      first = index;
      first_distance2 = distance2;
    } else if (second < 0 || distance2 < second_distance2) {
      second = index;
      second_distance2 = distance2;
    }
  }

  /// The same for finite distances and indices in any order, each offered once.
  TESSERA_HOST_DEVICE void offer_in_any_order(std::int32_t index, double distance2) {
    if (first < 0 || distance2 < first_distance2 || (distance2 == first_distance2 && index < first)) {
      second = first;
      second_distance2 = first_distance2;
      first = index;
      first_distance2 = distance2;
    } else if (second < 0 || distance2 < second_distance2 || (distance2 == second_distance2 && index < second)) {
      second = index;
      second_distance2 = distance2;
    }
  }
};

}  // namespace tessera::exact
