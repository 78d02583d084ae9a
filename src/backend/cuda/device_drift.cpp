// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/device_drift.hpp"

#include "kernels/launch.hpp"

namespace tessera::cuda {

void DeviceDrift::start(const kernels::Centroids& centroids, std::int32_t d, cudaStream_t stream) {
  const std::int64_t k = centroids.k;
  const std::int64_t bytes = k * d * static_cast<std::int64_t>(sizeof(float));
  before_.reserve(k * d);
  moved_.reserve(k);
  drift_.reserve(k);
  lower_.reserve(k);
  upper_.reserve(k);
  check(cudaMemcpyAsync(before_.data(), centroids.centroids, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, stream),
        "cudaMemcpyAsync", bytes);
  drift_.fill_bytes(0, k, stream);
  lower_.fill_bytes(0, k, stream);
  upper_.fill_bytes(0, k, stream);
  started_ = true;
}

void DeviceDrift::advance(const kernels::Centroids& centroids, std::int32_t d, cudaStream_t stream) {
  if (!started_) return start(centroids, d, stream);
  const kernels::DriftArguments moves = moves_to(centroids, d);
  check(kernels::launch_measure_moves(moves, stream), "launch of measure moves");
  add(moves, stream);
}

kernels::DriftArguments DeviceDrift::moves_to(const kernels::Centroids& centroids, std::int32_t d) const {
  return {.centroids = centroids.centroids,
          .before = before_.data(),
          .moved = moved_.data(),
          .drift = drift_.data(),
          .lower = lower_.data(),
          .upper = upper_.data(),
          .k = centroids.k,
          .d = d};
}

void DeviceDrift::add(const kernels::DriftArguments& moves, cudaStream_t stream) const {
  check(kernels::launch_add_drift(moves, stream), "launch of add drift");
}

}  // namespace tessera::cuda
