// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/cuda_check.hpp"

#include <fmt/format.h>

namespace tessera::cuda {
namespace {

/// "cuda:1 (NVIDIA H200)", as far as it can be found out after an error.
std::string device_text() {
  int device = -1;
  cudaDeviceProp properties{};
  if (cudaGetDevice(&device) != cudaSuccess) return "no device";
  if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) return fmt::format("cuda:{}", device);
  return fmt::format("cuda:{} ({})", device, properties.name);
}

std::string free_text() {
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  if (cudaMemGetInfo(&free_bytes, &total_bytes) != cudaSuccess) return "free memory unknown";
  return fmt::format("{} of {} bytes free", free_bytes, total_bytes);
}

}  // namespace

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

void fail(cudaError_t error, const char* call, std::int64_t bytes_asked) {
  static_cast<void>(cudaGetLastError());  // so that the next call does not report it again
  std::string message =
      fmt::format("{} failed on {}: {} ({})", call, device_text(), cudaGetErrorString(error), cudaGetErrorName(error));
  if (bytes_asked > 0) message += fmt::format("; {} bytes asked, {}", bytes_asked, free_text());
  if (error == cudaErrorMemoryAllocation) {
    throw AllocationError(message,
                          "free memory of the device, take another one with --device cuda:<number>, or use --device cpu");
  }
  throw DeviceError(message, "use --device cpu; if the device works otherwise (nvidia-smi), please report this");
}

}  // namespace tessera::cuda
