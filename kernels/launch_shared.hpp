// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace tessera::kernels {

/// Asks for the shared memory that a launch wants beyond what kernels have by themselves.
/// @param declared bytes that the kernel declares  @param dynamic bytes beside those
template <typename Kernel>
cudaError_t ask_for_shared(Kernel* kernel, std::int64_t declared, std::int64_t dynamic) {
  constexpr std::int64_t kUsualBytes = 48 << 10;
  if (declared + dynamic <= kUsualBytes) return cudaSuccess;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(dynamic));
}

}  // namespace tessera::kernels
