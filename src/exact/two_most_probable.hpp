// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/host_device.hpp"

namespace tessera::exact {

/// The two most probable components of a row, offered in ascending order; ties go to the lowest index.
struct TwoMostProbable {
  std::int32_t first = 0, second = -1;
  double first_probability = -1.0, second_probability = -1.0;

  TESSERA_HOST_DEVICE void offer(std::int32_t component, double probability) {
    if (probability > first_probability) {
      if (component > 0) {
        second = first;
        second_probability = first_probability;
      }
      first = component;
      first_probability = probability;
    } else if (probability > second_probability) {
      second = component;
      second_probability = probability;
    }
  }
};

}  // namespace tessera::exact
