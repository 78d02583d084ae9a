// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/accumulate.hpp"
#include "kernels/decide.hpp"
#include "kernels/launch.hpp"
#include "kernels/launch_shared.hpp"
#include "kernels/objective.hpp"
#include "kernels/screen.hpp"

namespace tessera::kernels {
namespace {

constexpr int kFoldThreads = 256;
constexpr int kMeasureThreads = 256;
constexpr std::int64_t kMostFoldBlocks = 4096;

template <int kTile, bool kPair>
__global__ void __launch_bounds__(ScreenShape<kTile>::kThreads, kPair ? 1 : 2) screen_kernel(const ScreenArguments arguments) {
  __shared__ ScreenMemory<kTile, kPair> memory;
  const int rows = arguments.list.size(arguments.slab);
  for (int block = static_cast<int>(blockIdx.x); block * ScreenShape<kTile>::kRows < rows;
       block += static_cast<int>(gridDim.x)) {
    DeviceTeam<ScreenState<kTile, kPair>> team;
    screen_rows<kTile, kPair>(team, arguments, block, memory);
  }
}

template <int kTile>
__global__ void __launch_bounds__(ScreenShape<kTile>::kThreads, 2) decide_kernel(const DecideArguments arguments) {
  using Memory = DecideMemory<kTile>;
  constexpr int kRows = ScreenShape<kTile>::kRows;
  __shared__ alignas(Memory) unsigned char bytes[sizeof(Memory)];  // its members have initial values
  const int stride = static_cast<int>(gridDim.x) * kRows;
  for (int first = static_cast<int>(blockIdx.x) * kRows; first < *arguments.open.count; first += stride) {
    DeviceTeam<ScreenState<kTile, false>> team;
    decide_rows<kTile>(team, arguments, first, *reinterpret_cast<Memory*>(bytes));
  }
}

__global__ void __launch_bounds__(kAccumulateThreads, 4) accumulate_on_chip_kernel(const AccumulateArguments arguments) {
  extern __shared__ std::int64_t partials[];
  __shared__ MoveMemory moves;
  DeviceTeam<AccumulateState> team;
  accumulate_on_chip(team, arguments, blockIdx.x, gridDim.x, moves, partials);
}

__global__ void __launch_bounds__(kAccumulateThreads) accumulate_in_memory_kernel(const AccumulateArguments arguments) {
  __shared__ MoveMemory moves;
  DeviceTeam<AccumulateState> team;
  accumulate_in_memory(team, arguments, blockIdx.x, gridDim.x, moves);
}

__global__ void __launch_bounds__(kObjectiveThreads) objective_kernel(const ObjectiveArguments arguments) {
  __shared__ ObjectiveMemory memory;
  DeviceTeam<ObjectiveState> team;
  add_objective(team, arguments, blockIdx.x, gridDim.x, memory);
}

__global__ void __launch_bounds__(kFoldThreads) fold_kernel(const FoldArguments arguments) {
  const std::int64_t stride = std::int64_t{gridDim.x} * kFoldThreads;
  const std::int64_t first = std::int64_t{blockIdx.x} * kFoldThreads + threadIdx.x;
  for (std::int64_t i = first; i < arguments.cells + arguments.gap_cells; i += stride) fold_cell(arguments, i);
  if (first == 0) conclude_counters(arguments);
}

__global__ void __launch_bounds__(kMeasureThreads) measure_kernel(const MeasureArguments arguments) {
  const std::int64_t stride = std::int64_t{gridDim.x} * kMeasureThreads;
  for (std::int64_t i = std::int64_t{blockIdx.x} * kMeasureThreads + threadIdx.x; i < arguments.slab.n; i += stride) {
    measure_row(arguments, i);
  }
}

template <int kTile>
void decide_tiles(const DecideArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  constexpr int kRows = ScreenShape<kTile>::kRows;
  const int blocks = std::min((arguments.slab.n + kRows - 1) / kRows, most_blocks);
  decide_kernel<kTile><<<blocks, ScreenShape<kTile>::kThreads, 0, stream>>>(arguments);
}

template <int kTile>
void screen_tiles(const ScreenArguments& arguments, bool pair, std::int32_t most_blocks, cudaStream_t stream) {
  constexpr int kRows = ScreenShape<kTile>::kRows;
  const int needed = (arguments.slab.n + kRows - 1) / kRows;
  const int blocks = arguments.list.rows == nullptr ? needed : std::min(needed, most_blocks);
  if (pair) {
    screen_kernel<kTile, true><<<blocks, ScreenShape<kTile>::kThreads, 0, stream>>>(arguments);
  } else {
    screen_kernel<kTile, false><<<blocks, ScreenShape<kTile>::kThreads, 0, stream>>>(arguments);
  }
}

}  // namespace

cudaError_t launch_screen(const ScreenArguments& arguments, bool pair, std::int32_t most_blocks, cudaStream_t stream) {
  if (arguments.centroids.tile == 64) {
    screen_tiles<64>(arguments, pair, most_blocks, stream);
  } else if (arguments.centroids.tile == 16) {
    screen_tiles<16>(arguments, pair, most_blocks, stream);
  } else {
    return cudaErrorInvalidValue;
  }
  return cudaGetLastError();
}

cudaError_t launch_measure(const MeasureArguments& arguments, cudaStream_t stream) {
  const int blocks = (arguments.slab.n + kMeasureThreads - 1) / kMeasureThreads;
  measure_kernel<<<blocks, kMeasureThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_decide(const DecideArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  if (arguments.centroids.tile == 64) {
    decide_tiles<64>(arguments, most_blocks, stream);
  } else if (arguments.centroids.tile == 16) {
    decide_tiles<16>(arguments, most_blocks, stream);
  } else {
    return cudaErrorInvalidValue;
  }
  return cudaGetLastError();
}

cudaError_t launch_accumulate(const AccumulateArguments& arguments, std::int64_t shared_bytes, std::int32_t blocks,
                              cudaStream_t stream) {
  if (shared_bytes == 0) {
    accumulate_in_memory_kernel<<<blocks, kAccumulateThreads, 0, stream>>>(arguments);
    return cudaGetLastError();
  }
  const cudaError_t error = ask_for_shared(accumulate_on_chip_kernel, shared_bytes);
  if (error != cudaSuccess) return error;
  accumulate_on_chip_kernel<<<blocks, kAccumulateThreads, static_cast<std::size_t>(shared_bytes), stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_objective(const ObjectiveArguments& arguments, std::int32_t blocks, cudaStream_t stream) {
  objective_kernel<<<blocks, kObjectiveThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_fold(const FoldArguments& arguments, cudaStream_t stream) {
  const std::int64_t cells = arguments.cells + arguments.gap_cells;
  const std::int64_t blocks = std::clamp<std::int64_t>((cells + kFoldThreads - 1) / kFoldThreads, 1, kMostFoldBlocks);
  fold_kernel<<<static_cast<unsigned>(blocks), kFoldThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t probe_kernels() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, fold_kernel);
}

}  // namespace tessera::kernels
