// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "exact/host_device.hpp"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

// Numbers of 16 bits (IEEE binary16), as matrix units multiply them.
namespace tessera::kernels {

/// The largest number of 16 bits.
inline constexpr float kLargestHalf = 65504.0F;

/// The bits of the nearest number of 16 bits, ties to even; what lies beyond the largest becomes the largest.
TESSERA_HOST_DEVICE inline std::uint32_t half_bits(float value) {
  const float within = fminf(fmaxf(value, -kLargestHalf), kLargestHalf);
#if defined(__CUDA_ARCH__)
  return __half_as_ushort(__float2half_rn(within));
#else
  constexpr std::uint32_t kLeastNormal = 0x38800000U;  // 2^-14
  const auto bits = std::bit_cast<std::uint32_t>(within);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const std::uint32_t size = bits & 0x7FFFFFFFU;
  if (size < kLeastNormal) return sign | static_cast<std::uint32_t>(std::lrint(std::fabs(within) * 0x1p24F));
  const std::uint32_t rebased = size - (112U << 23);
  return sign | (rebased + 0xFFFU + (rebased >> 13 & 1U)) >> 13;
#endif
}

/// What bits of half_bits stand for.
TESSERA_HOST_DEVICE inline float half_value(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
#else
  const auto exponent = static_cast<int>(bits >> 10 & 31U);
  const std::uint32_t fraction = bits & 1023U;
  const float size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                   : std::ldexp(static_cast<float>(1024U + fraction), exponent - 25);
  return (bits & 0x8000U) != 0 ? -size : size;
#endif
}

/// Two numbers in a word, the first one in its low bits.
TESSERA_HOST_DEVICE inline std::uint32_t pack_halves(float first, float second) {
  return half_bits(first) | half_bits(second) << 16;
}

}  // namespace tessera::kernels
