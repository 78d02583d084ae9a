// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tessera::kernels {

/// Asks for the shared memory that a launch wants beyond what kernels have by themselves. The most that there is, so that
/// launches of other sizes, recorded ones and those of other threads, are none the worse for it.
/// @param dynamic bytes beside those that the kernel declares
template <typename Kernel>
cudaError_t ask_for_shared(Kernel* kernel, std::int64_t dynamic) {
  constexpr std::int64_t kUsualBytes = 48 << 10;
  cudaFuncAttributes attributes;
  cudaError_t error = cudaFuncGetAttributes(&attributes, kernel);
  const auto declared = static_cast<std::int64_t>(attributes.sharedSizeBytes);
  if (error != cudaSuccess || declared + dynamic <= kUsualBytes) return error;
  int device = 0;
  int most = 0;
  error = cudaGetDevice(&device);
  if (error == cudaSuccess) error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  if (error != cudaSuccess) return error;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most - static_cast<int>(declared));
}

}  // namespace tessera::kernels
