// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "backend/cuda/launch_plan.hpp"
#include "backend/cuda_module.hpp"

namespace tessera::cuda {

/// A device that can be used.
struct Device {
  int index = 0;
  std::string name;
  DeviceLimits limits;
  bool fast_double = true;  ///< float64 takes at most eight times as long as float32

  /// Makes it the device of the calling thread.
  void use() const;
  /// Bytes of its memory that are free now.
  [[nodiscard]] std::int64_t free_bytes() const;
};

/// The device, made that of the calling thread before streams and buffers of it are.
[[nodiscard]] inline const Device& used(const Device& device) {
  device.use();
  return device;
}

/// All devices, with what keeps them from being used.
[[nodiscard]] CudaReport report_devices();

/// The environment variable TESSERA_CUDA_MEMORY ("8G") limits the memory that is taken to be there.
/// @param index or -1: the first that can be used. @throws DeviceError with the reason
[[nodiscard]] Device choose_device(int index);

}  // namespace tessera::cuda
