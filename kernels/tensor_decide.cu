// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/launch.hpp"
#include "kernels/launch_shared.hpp"
#include "kernels/tensor_decide.hpp"
#include "kernels/tensor_shapes.hpp"

namespace tessera::kernels {
namespace {

template <std::size_t kSteps, std::size_t kTile>
__global__ void __launch_bounds__(kTensorDecideThreads, kSteps <= 4 ? 4 : 2)
    tensor_decide_kernel(const TensorDecideArguments arguments) {
  using Memory = TensorDecideMemory<kSteps, kTile>;
  __shared__ alignas(16) unsigned char bytes[sizeof(Memory)];
  const int stride = static_cast<int>(gridDim.x) * kTensorDecideThreads;
  for (int first = static_cast<int>(blockIdx.x) * kTensorDecideThreads; first < *arguments.decide.open.count; first += stride) {
    DeviceTeam<TensorDecideState<kSteps>> team;
    decide_on_tensors<kSteps, kTile>(team, arguments, first, *reinterpret_cast<Memory*>(bytes));
  }
}

template <std::size_t kTile>
__global__ void __launch_bounds__(WideShape<kWideDecideRows, kTile>::kThreads, 2)
    wide_decide_kernel(const TensorDecideArguments arguments) {
  extern __shared__ Words4 words[];
  auto& memory = *reinterpret_cast<WideDecideMemory<kTile>*>(words);
  auto* steps = reinterpret_cast<WideStep*>(&memory + 1);
  const int stride = static_cast<int>(gridDim.x * kWideDecideRows);
  for (int first = static_cast<int>(blockIdx.x * kWideDecideRows); first < *arguments.decide.open.count; first += stride) {
    DeviceTeam<WideDecideState<kTile>> team;
    decide_wide_rows<kTile>(team, arguments, first, steps, memory);
  }
}

}  // namespace

cudaError_t launch_tensor_decide(const TensorDecideArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  const auto blocks = [&](int rows) { return std::min((arguments.decide.slab.n + rows - 1) / rows, most_blocks); };
  cudaError_t error = cudaErrorInvalidValue;
  call_tensor_screen(
      arguments.screened.shape, arguments.screened.screen.centroids.tile,
      [&](auto steps, auto tile) {
        tensor_decide_kernel<steps.value, tile.value>
            <<<blocks(kTensorDecideThreads), kTensorDecideThreads, 0, stream>>>(arguments);
        error = cudaGetLastError();
      },
      [&](auto, auto tile) {
        constexpr std::size_t kTile = tile.value;
        const std::int64_t bytes = wide_decide_bytes<kTile>(arguments.screened.shape.steps);
        error = ask_for_shared(wide_decide_kernel<kTile>, bytes);
        if (error != cudaSuccess) return;
        wide_decide_kernel<kTile>
            <<<blocks(kWideDecideRows), WideShape<kWideDecideRows, kTile>::kThreads, static_cast<std::size_t>(bytes), stream>>>(
                arguments);
        error = cudaGetLastError();
      });
  return error;
}

}  // namespace tessera::kernels
