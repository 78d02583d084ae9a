// SPDX-License-Identifier: Apache-2.0
#include "kernels/launch.hpp"
#include "kernels/settled.hpp"

namespace tessera::kernels {
namespace {

__global__ void __launch_bounds__(kDriftThreads) measure_moves_kernel(const DriftArguments arguments) {
  __shared__ DriftMemory memory;
  DeviceTeam<DriftState> team;
  measure_moves(team, arguments, blockIdx.x, memory);
}

__global__ void __launch_bounds__(kDriftThreads) add_drift_kernel(const DriftArguments arguments) {
  __shared__ DriftMemory memory;
  DeviceTeam<DriftState> team;
  add_drift(team, arguments, memory);
}

__global__ void __launch_bounds__(kSettledThreads) list_unsettled_kernel(const UnsettledArguments arguments) {
  __shared__ SettledMemory memory;
  DeviceTeam<SettledState> team;
  list_unsettled(team, arguments, blockIdx.x, memory);
}

}  // namespace

cudaError_t launch_measure_moves(const DriftArguments& arguments, cudaStream_t stream) {
  measure_moves_kernel<<<measuring_blocks(arguments), kDriftThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_add_drift(const DriftArguments& arguments, cudaStream_t stream) {
  add_drift_kernel<<<1, kDriftThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_list_unsettled(const UnsettledArguments& arguments, cudaStream_t stream) {
  const int blocks = (arguments.slab.n + kSettledRows - 1) / kSettledRows;
  list_unsettled_kernel<<<blocks, kSettledThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
