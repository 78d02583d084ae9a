// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend/cuda/cuda_memory.hpp"
#include "backend/cuda/framed_centroids.hpp"
#include "backend/cuda/launch_plan.hpp"
#include "kernels/nearest_arguments.hpp"
#include "tessera/matrix.hpp"

namespace tessera::cuda {

/// The centroids of a pass on a device.
class DeviceCentroids {
 public:
  /// Brings them there, and waits. @throws DeviceError, AllocationError
  void upload(MatrixView<const float> centroids, const Frame& frame, const NearestPlan& plan, const Stream& compute);

  /// As kernels see them.
  [[nodiscard]] const kernels::Centroids& view() const { return view_; }
  /// Makes them the means that an iteration starts from, in the places and the frame that they have. What it points to is on
  /// the device, or pinned. @param moves  measured with them; of no centroids: none
  void advance(const kernels::IterationStart& from, const kernels::DriftArguments& moves, cudaStream_t stream);
  /// What the screen on matrix units needs besides; if the plan has it.
  [[nodiscard]] kernels::TensorScreenArguments tensor_screen(const kernels::ScreenArguments& screen) const {
    return {screen, tensor_tiles_.data(), tensor_};
  }

 private:
  kernels::Centroids view_;
  kernels::NextCentroidsArguments next_;  ///< but for what it starts from
  kernels::TensorShape tensor_;
  DeviceBuffer<float> offset_, packed_, start_, block_norm_, largest_norm_, centroids_;
  DeviceBuffer<std::int32_t> place_centroid_;
  DeviceBuffer<std::uint32_t> tensor_tiles_;
};

}  // namespace tessera::cuda
