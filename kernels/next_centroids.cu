// SPDX-License-Identifier: Apache-2.0
#include "kernels/launch.hpp"
#include "kernels/next_centroids.hpp"

namespace tessera::kernels {
namespace {

constexpr int kMeanThreads = 128;

__global__ void __launch_bounds__(kMeanThreads) mean_kernel(const NextCentroidsArguments arguments) {
  const std::int64_t cell = std::int64_t{blockIdx.x} * kMeanThreads + threadIdx.x;
  if (cell < std::int64_t{arguments.k} * arguments.d) find_mean(arguments, cell);
}

__global__ void __launch_bounds__(kPackThreads) pack_kernel(const NextCentroidsArguments arguments) {
  __shared__ PackMemory memory;
  DeviceTeam<PackState> team;
  pack_centroids(team, arguments, blockIdx.x, memory);
}

}  // namespace

cudaError_t launch_next_centroids(const NextCentroidsArguments& arguments, cudaStream_t stream) {
  const std::int64_t cells = std::int64_t{arguments.k} * arguments.d;
  mean_kernel<<<static_cast<unsigned>((cells + kMeanThreads - 1) / kMeanThreads), kMeanThreads, 0, stream>>>(arguments);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  pack_kernel<<<arguments.blocks, kPackThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
