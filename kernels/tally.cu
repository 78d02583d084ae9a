// SPDX-License-Identifier: Apache-2.0
#include "kernels/launch.hpp"
#include "kernels/tally.hpp"

namespace tessera::kernels {
namespace {

__global__ void __launch_bounds__(kTallyThreads) tally_kernel(const TallyArguments arguments) {
  __shared__ TallyMemory memory;
  DeviceTeam<TallyState> team;
  tally_rows(team, arguments, blockIdx.x, memory);
}

}  // namespace

cudaError_t launch_tally(const TallyArguments& arguments, cudaStream_t stream) {
  tally_kernel<<<static_cast<unsigned>(arguments.table_count * arguments.parts), kTallyThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
