// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exact/host_device.hpp"

namespace tessera::exact {

/// The level that a row has of a category whose prepared features are these: see CategoryBlock. -1: none.
TESSERA_HOST_DEVICE inline int level_of(const float* features, int count, double one) {
  const double half = 0.5 * one;
  if (count == 1) return features[0] != features[0] ? -1 : static_cast<double>(features[0]) > half ? 1 : 0;
  for (int level = 0; level < count; ++level) {
    if (static_cast<double>(features[level]) > half) return level;
  }
  return -1;
}

}  // namespace tessera::exact
