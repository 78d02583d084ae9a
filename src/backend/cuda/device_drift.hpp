// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend/cuda/cuda_memory.hpp"
#include "kernels/nearest_arguments.hpp"

namespace tessera::cuda {

/// How far the centroids of a series have moved (exact/slack.hpp), on a device.
class DeviceDrift {
 public:
  /// Takes note of the centroids of the next pass, k x d in every one; those of the first start at zero.
  /// @throws DeviceError, AllocationError
  void advance(const kernels::Centroids& centroids, std::int32_t d, cudaStream_t stream);
  /// The same for centroids that a launch makes and measures at once: what it is to measure, which is added afterwards. Not for
  /// the first pass.
  [[nodiscard]] kernels::DriftArguments moves_to(const kernels::Centroids& centroids, std::int32_t d) const;
  void add(const kernels::DriftArguments& moves, cudaStream_t stream) const;

  /// [k] by segment, rounded down and up.
  [[nodiscard]] const float* lower() const { return lower_.data(); }
  [[nodiscard]] const float* upper() const { return upper_.data(); }

 private:
  void start(const kernels::Centroids& centroids, std::int32_t d, cudaStream_t stream);

  bool started_ = false;
  DeviceBuffer<float> before_, lower_, upper_;
  DeviceBuffer<double> moved_, drift_;
};

}  // namespace tessera::cuda
