// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/gaps.hpp"
#include "kernels/launch.hpp"

namespace tessera::kernels {
namespace {

constexpr int kMarkThreads = 256;

__global__ void __launch_bounds__(kMarkThreads) mark_gaps_kernel(const MarkGapsArguments arguments) {
  const std::int64_t row = std::int64_t{blockIdx.x} * kMarkThreads + threadIdx.x;
  if (row < arguments.n) mark_gaps(arguments, row);
}

template <int kTile>
__global__ void __launch_bounds__(kGapThreads, 2) label_gaps_kernel(const GapsArguments arguments) {
  constexpr int kRows = GapShape<kTile>::kRows;
  __shared__ GapMemory<kTile> memory;
  const std::int64_t stride = std::int64_t{gridDim.x} * kRows;
  for (std::int64_t first = std::int64_t{blockIdx.x} * kRows; first < *arguments.gaps.count; first += stride) {
    DeviceTeam<GapState> team;
    label_gaps<kTile>(team, arguments, first, memory);
  }
}

__global__ void __launch_bounds__(kAccumulateThreads) accumulate_gaps_kernel(const AccumulateArguments arguments) {
  __shared__ MoveMemory moves;
  DeviceTeam<AccumulateState> team;
  accumulate_gaps(team, arguments, blockIdx.x, gridDim.x, moves);
}

template <int kTile>
void label_gaps_by_tiles(const GapsArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  constexpr int kRows = GapShape<kTile>::kRows;
  const int blocks = std::min((arguments.slab.n + kRows - 1) / kRows, most_blocks);
  label_gaps_kernel<kTile><<<blocks, kGapThreads, 0, stream>>>(arguments);
}

}  // namespace

cudaError_t launch_mark_gaps(const MarkGapsArguments& arguments, cudaStream_t stream) {
  const int blocks = (arguments.n + kMarkThreads - 1) / kMarkThreads;
  mark_gaps_kernel<<<blocks, kMarkThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

cudaError_t launch_label_gaps(const GapsArguments& arguments, std::int32_t most_blocks, cudaStream_t stream) {
  if (gap_tile(arguments.k) == 16) {
    label_gaps_by_tiles<16>(arguments, most_blocks, stream);
  } else {
    label_gaps_by_tiles<64>(arguments, most_blocks, stream);
  }
  return cudaGetLastError();
}

cudaError_t launch_accumulate_gaps(const AccumulateArguments& arguments, std::int32_t blocks, cudaStream_t stream) {
  accumulate_gaps_kernel<<<blocks, kAccumulateThreads, 0, stream>>>(arguments);
  return cudaGetLastError();
}

}  // namespace tessera::kernels
