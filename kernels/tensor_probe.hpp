// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "kernels/team.hpp"
#include "kernels/tensor_product.hpp"

// What matrix units make of given operands: their arithmetic is not documented to the last bit, so it is looked at before it is
// relied on.
namespace tessera::kernels {

/// Products of `count` pairs of matrices, a warp each; every pointer is to device memory.
struct TensorProbeArguments {
  const std::uint32_t* rows = nullptr;     ///< [count x 32 x 4] as in TensorFragments
  const std::uint32_t* columns = nullptr;  ///< [count x 32 x 2]
  float* sums = nullptr;                   ///< [count x 32 x 4] added to
  std::int32_t count = 0;
};

struct TensorProbeState {
  std::uint32_t rows[4];
  std::uint32_t columns[2];
  float sum[4];
};

/// Makes product number `block`, with the threads of one warp.
template <typename Team>
TESSERA_HOST_DEVICE inline void probe_product(Team& team, const TensorProbeArguments& a, std::int64_t block) {
  using State = TensorProbeState;
  team.alone([&](int t, State& state) {
    const std::int64_t thread = block * kWarp + t;
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) state.rows[i] = a.rows[thread * 4 + i];
    TESSERA_UNROLL
    for (int i = 0; i < 2; ++i) state.columns[i] = a.columns[thread * 2 + i];
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) state.sum[i] = a.sums[thread * 4 + i];
  });
  multiply(team, [](State& state) { return TensorFragments{state.sum, state.sum, state.rows, state.columns}; });
  team.alone([&](int t, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) a.sums[(block * kWarp + t) * 4 + i] = state.sum[i];
  });
}

}  // namespace tessera::kernels
