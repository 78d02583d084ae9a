// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <string>

#include "tessera/error.hpp"

namespace tessera::cuda {

/// Memory of a device, or pinned memory of the host, that could not be had.
class AllocationError final : public MemoryError {
 public:
  using MemoryError::MemoryError;
};

/// Throws what `error` means. @param bytes_asked of an allocation or copy; 0: none
[[noreturn]] void fail(cudaError_t error, const char* call, std::int64_t bytes_asked);

/// @throws AllocationError or DeviceError, naming call, device, bytes asked and free, unless `error` is success
inline void check(cudaError_t error, const char* call, std::int64_t bytes_asked = 0) {
  if (error != cudaSuccess) fail(error, call, bytes_asked);
}

/// "13.0" of 13000.
[[nodiscard]] std::string version_text(int version);

}  // namespace tessera::cuda
