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

/// The bits of the nearest number of 16 bits, ties to even; infinity beyond the range.
TESSERA_HOST_DEVICE inline std::uint32_t half_bits(float value) {
#if defined(__CUDA_ARCH__)
  return __half_as_ushort(__float2half_rn(value));
#else
  constexpr std::uint32_t kLeastNormal = 0x38800000U;  // 2^-14
  constexpr std::uint32_t kInfinite = 0x47800000U;     // 2^16
  constexpr std::uint32_t kNotANumber = 0x7F800001U;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const std::uint32_t size = bits & 0x7FFFFFFFU;
  if (size < kLeastNormal) return sign | static_cast<std::uint32_t>(std::lrint(std::fabs(value) * 0x1p24F));
  if (size >= kInfinite) return sign | (size >= kNotANumber ? 0x7E00U : 0x7C00U);
  const std::uint32_t rebased = size - (112U << 23);
  return sign | (rebased + 0xFFFU + (rebased >> 13 & 1U)) >> 13;
#endif
}

/// The same; beyond the range, the largest number.
TESSERA_HOST_DEVICE inline std::uint32_t finite_half_bits(float value) {
  return half_bits(fminf(fmaxf(value, -kLargestHalf), kLargestHalf));
}

/// What bits of half_bits stand for.
TESSERA_HOST_DEVICE inline float half_value(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
#else
  const auto exponent = static_cast<int>(bits >> 10 & 31U);
  const std::uint32_t fraction = bits & 1023U;
  float size = std::ldexp(static_cast<float>(1024U + fraction), exponent - 25);
  if (exponent == 0) size = std::ldexp(static_cast<float>(fraction), -24);
  if (exponent == 31) size = fraction == 0 ? INFINITY : NAN;
  return (bits & 0x8000U) != 0 ? -size : size;
#endif
}

/// Two numbers in a word, the first one in its low bits.
TESSERA_HOST_DEVICE inline std::uint32_t pack_halves(float first, float second) {
#if defined(__CUDA_ARCH__)
  const __half2 two = __floats2half2_rn(first, second);
  return __half_as_ushort(__low2half(two)) | static_cast<std::uint32_t>(__half_as_ushort(__high2half(two))) << 16;
#else
  return half_bits(first) | half_bits(second) << 16;
#endif
}

}  // namespace tessera::kernels
