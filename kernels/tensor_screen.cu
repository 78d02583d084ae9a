// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/launch.hpp"
#include "kernels/launch_shared.hpp"
#include "kernels/tensor_probe.hpp"
#include "kernels/tensor_screen.hpp"
#include "kernels/tensor_shapes.hpp"
#include "kernels/wide_screen.hpp"

namespace tessera::kernels {
namespace {

/// Blocks that are to share a multiprocessor: as many as there are registers for.
constexpr int blocks_together(std::size_t steps, std::size_t tile) {
  if (steps <= 2 && tile == 16) return 3;
  return steps <= 6 ? 2 : 1;
}

template <std::size_t kSteps, std::size_t kTile>
__global__ void __launch_bounds__(kTensorThreads, blocks_together(kSteps, kTile))
    tensor_screen_kernel(const TensorScreenArguments arguments) {
  __shared__ alignas(16) unsigned char bytes[sizeof(TensorScreenMemory<kSteps, kTile>)];
  auto& memory = *reinterpret_cast<TensorScreenMemory<kSteps, kTile>*>(bytes);
  // Asked for in every turn: a number that is kept takes a register.
  const auto rows = [&] { return arguments.screen.list.size(arguments.screen.slab); };
  for (int block = static_cast<int>(blockIdx.x); block * kTensorRows < rows(); block += static_cast<int>(gridDim.x)) {
    DeviceTeam<TensorScreenState<kSteps, kTile>> team;
    screen_on_tensors<kSteps, kTile>(team, arguments, block, memory);
  }
}

template <std::size_t kRows, std::size_t kTile>
__global__ void __launch_bounds__(WideShape<kRows, kTile>::kThreads, 2)
    wide_screen_kernel(const TensorScreenArguments arguments) {
  extern __shared__ Words4 words[];
  auto& memory = *reinterpret_cast<WideScreenMemory<kRows, kTile>*>(words);
  auto* rows = reinterpret_cast<WideStep*>(&memory + 1);
  const int n = arguments.screen.list.size(arguments.screen.slab);
  for (int block = static_cast<int>(blockIdx.x); block * static_cast<int>(kRows) < n; block += static_cast<int>(gridDim.x)) {
    DeviceTeam<WideScreenState<kRows, kTile>> team;
    screen_wide_rows<kRows, kTile>(team, arguments, block, rows, memory);
  }
}

__global__ void __launch_bounds__(kWarp) tensor_probe_kernel(const TensorProbeArguments arguments) {
  DeviceTeam<TensorProbeState> team;
  probe_product(team, arguments, blockIdx.x);
}

/// Blocks for the rows of a pass, of which each takes `rows` at a time.
int blocks_for(const ScreenArguments& arguments, int rows, std::int32_t most_blocks) {
  const int needed = (arguments.slab.n + rows - 1) / rows;
  return arguments.list.rows == nullptr ? needed : std::min(needed, most_blocks);
}

template <std::size_t kSteps, std::size_t kTile>
cudaError_t screen_in_registers(const TensorScreenArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  const int blocks = blocks_for(arguments.screen, kTensorRows, most_blocks);
  tensor_screen_kernel<kSteps, kTile><<<blocks, kTensorThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

template <std::size_t kRows, std::size_t kTile>
cudaError_t screen_in_shared_memory(const TensorScreenArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  const std::int64_t bytes = wide_screen_bytes<kRows, kTile>(arguments.shape.steps);
  const cudaError_t error = ask_for_shared(wide_screen_kernel<kRows, kTile>, bytes);
  if (error != cudaSuccess) return error;
  const int blocks = blocks_for(arguments.screen, kRows, most_blocks);
  wide_screen_kernel<kRows, kTile>
      <<<blocks, WideShape<kRows, kTile>::kThreads, static_cast<std::size_t>(bytes), stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch_tensor_screen(const TensorScreenArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  cudaError_t error = cudaErrorInvalidValue;
  call_tensor_screen(
      arguments.shape, arguments.screen.centroids.tile,
      [&](auto steps, auto tile) { error = screen_in_registers<steps.value, tile.value>(arguments, most_blocks, stream); },
      [&](auto rows, auto tile) { error = screen_in_shared_memory<rows.value, tile.value>(arguments, most_blocks, stream); });
  return error;
}

cudaError_t launch_tensor_probe(const TensorProbeArguments& arguments, cudaStream_t stream) {
  tensor_probe_kernel<<<arguments.count, kWarp, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
