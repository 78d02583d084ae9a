// SPDX-License-Identifier: Apache-2.0
#include "kernels/launch.hpp"
#include "kernels/next_centroids.hpp"
#include "kernels/settled.hpp"

namespace tessera::kernels {
namespace {

constexpr int kMeanThreads = 128;

__global__ void __launch_bounds__(kMeanThreads) mean_kernel(const NextCentroidsArguments arguments) {
  const std::int64_t cell = std::int64_t{blockIdx.x} * kMeanThreads + threadIdx.x;
  if (cell < std::int64_t{arguments.k} * arguments.d) find_mean(arguments, cell);
}

static_assert(kPackThreads == kDriftThreads);

// Two things that only wait for the means.
__global__ void __launch_bounds__(kPackThreads)
    pack_kernel(const NextCentroidsArguments arguments, const DriftArguments moves) {
  __shared__ union {
    PackMemory pack;
    DriftMemory moves;
  } memory;
  const int block = static_cast<int>(blockIdx.x);
  if (block < arguments.blocks) {
    DeviceTeam<PackState> team;
    pack_centroids(team, arguments, block, memory.pack);
  } else {
    DeviceTeam<DriftState> team;
    measure_moves(team, moves, block - arguments.blocks, memory.moves);
  }
}

}  // namespace

cudaError_t launch_next_centroids(const NextCentroidsArguments& arguments, const DriftArguments& moves, cudaStream_t stream) {
  const std::int64_t cells = std::int64_t{arguments.k} * arguments.d;
  mean_kernel<<<static_cast<unsigned>((cells + kMeanThreads - 1) / kMeanThreads), kMeanThreads, 0, stream>>>(arguments);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  pack_kernel<<<arguments.blocks + measuring_blocks(moves), kPackThreads, 0, stream>>>(arguments, moves);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
