// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/launch.hpp"
#include "kernels/tensor_probe.hpp"
#include "kernels/tensor_screen.hpp"

namespace tessera::kernels {
namespace {

// Two blocks share a multiprocessor where the registers suffice.
template <std::size_t kSteps, std::size_t kTile>
__global__ void __launch_bounds__(kTensorThreads, kSteps <= 4 ? 2 : 1)
    tensor_screen_kernel(const TensorScreenArguments arguments) {
  __shared__ alignas(16) unsigned char bytes[sizeof(TensorScreenMemory<kSteps, kTile>)];
  auto& memory = *reinterpret_cast<TensorScreenMemory<kSteps, kTile>*>(bytes);
  const int rows = arguments.screen.list.size(arguments.screen.slab);
  for (int block = static_cast<int>(blockIdx.x); block * kTensorRows < rows; block += static_cast<int>(gridDim.x)) {
    DeviceTeam<TensorScreenState<kSteps>> team;
    screen_on_tensors<kSteps, kTile>(team, arguments, block, memory);
  }
}

__global__ void __launch_bounds__(kWarp) tensor_probe_kernel(const TensorProbeArguments arguments) {
  DeviceTeam<TensorProbeState> team;
  probe_product(team, arguments, blockIdx.x);
}

template <std::size_t kSteps>
cudaError_t screen_steps(const TensorScreenArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  const int needed = (arguments.screen.slab.n + kTensorRows - 1) / kTensorRows;
  const int blocks = arguments.screen.list.rows == nullptr ? needed : std::min(needed, most_blocks);
  if (arguments.screen.centroids.tile == 64) {
    tensor_screen_kernel<kSteps, 64><<<blocks, kTensorThreads, 0, stream>>>(arguments);
  } else if (arguments.screen.centroids.tile == 16) {
    tensor_screen_kernel<kSteps, 16><<<blocks, kTensorThreads, 0, stream>>>(arguments);
  } else {
    return cudaErrorInvalidValue;
  }
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch_tensor_screen(const TensorScreenArguments& arguments, int steps, std::int32_t most_blocks,
                                 cudaStream_t stream) {
  cudaError_t error = cudaErrorInvalidValue;
  call_with_steps(
      steps, [&](auto constant) { error = screen_steps<constant.value>(arguments, most_blocks, stream); }, TensorSteps());
  return error;
}

cudaError_t launch_tensor_probe(const TensorProbeArguments& arguments, cudaStream_t stream) {
  tensor_probe_kernel<<<arguments.count, kWarp, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
