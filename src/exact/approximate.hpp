// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "exact/host_device.hpp"

// A root and a quotient of float32 numbers that may be off by 2^-21 of their size, and where what is below 2^-126 may count as
// 0: for bounds, which leave room for it. On a device they take one and three instructions, the correctly rounded ones twenty
// (PTX ISA: sqrt.approx is within 2^-23, div.approx within 2 units in the last place where the divisor is between 2^-126 and
// 2^126). What they return differs between machines, so that no result may depend on it.
namespace tessera::exact {

/// @param x  not negative
TESSERA_HOST_DEVICE inline float approximate_sqrt(float x) {
#if defined(__CUDA_ARCH__)
  float root;
  asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(x));
  return root;
#else
  return sqrtf(x);
#endif
}

/// @param by  2^-126 to 2^126
TESSERA_HOST_DEVICE inline float approximate_quotient(float x, float by) {
#if defined(__CUDA_ARCH__)
  float quotient;
  asm("div.approx.ftz.f32 %0, %1, %2;" : "=f"(quotient) : "f"(x), "f"(by));
  return quotient;
#else
  return x / by;
#endif
}

}  // namespace tessera::exact
