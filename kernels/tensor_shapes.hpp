// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/tensor_decide.hpp"
#include "kernels/tensor_screen.hpp"
#include "kernels/wide_screen.hpp"

// The screens on matrix units that there are kernels for, and which of them a pass takes.
namespace tessera::kernels {

using TensorSteps = std::index_sequence<1, 2, 3, 4, 6, 8>;  ///< of rows in registers, ascending
using WideRows = std::index_sequence<64, 128>;              ///< of a block that has them in shared memory, ascending
using TensorTiles = std::index_sequence<16, 64>;

/// Calls call(std::integral_constant) of the value among kValues; returns whether it is among them.
template <typename Call, std::size_t... kValues>
constexpr bool call_with(std::int64_t value, const Call& call, std::index_sequence<kValues...>) {
  const auto try_one = [&](auto constant) {
    if (value != static_cast<std::int64_t>(constant.value)) return false;
    call(constant);
    return true;
  };
  return (try_one(std::integral_constant<std::size_t, kValues>()) || ...);
}

/// Calls in_registers(steps, tile) or in_shared_memory(rows, tile), constants all of them, for the kernel of a shape; returns
/// whether there is one.
template <typename InRegisters, typename InSharedMemory>
constexpr bool call_tensor_screen(const TensorShape& shape, std::int32_t tile, const InRegisters& in_registers,
                                  const InSharedMemory& in_shared_memory) {
  bool found = false;
  const auto with_tile = [&](auto constant) {
    if (shape.rows == 0) {
      found = call_with(
          shape.steps, [&](auto steps) { in_registers(steps, constant); }, TensorSteps());
    } else {
      found = call_with(
          shape.rows, [&](auto rows) { in_shared_memory(rows, constant); }, WideRows());
    }
  };
  call_with(tile, with_tile, TensorTiles());
  return found;
}

/// The fewest steps among kSteps that are at least `steps`; 0: there are none.
template <std::size_t... kSteps>
[[nodiscard]] constexpr std::int32_t fewest_steps(std::int64_t steps, std::index_sequence<kSteps...>) {
  std::int32_t fewest = 0;
  const auto offer = [&](auto offered) {
    if (fewest == 0 && steps <= static_cast<std::int64_t>(offered)) fewest = static_cast<std::int32_t>(offered);
  };
  (offer(kSteps), ...);
  return fewest;
}

/// The most rows of a block whose shared memory for rows of so many steps is at most `bytes`; 0: there are none.
template <std::size_t kTile, std::size_t... kRows>
[[nodiscard]] constexpr std::int32_t most_wide_rows(std::int64_t steps, std::int64_t bytes, std::index_sequence<kRows...>) {
  std::int32_t most = 0;
  ((most = wide_screen_bytes<kRows, kTile>(steps) <= bytes ? static_cast<std::int32_t>(kRows) : most), ...);
  return most;
}

/// The screen for d features and tiles of 16 or 64 centroids; none, of 0 steps, if a block's shared memory does not suffice.
/// Registers hold rows of few features. For others, two blocks are to share a multiprocessor, so that one reads rows while the
/// other multiplies, if that is possible.
/// @param shared_bytes  the most that a block can ask for
[[nodiscard]] constexpr TensorShape tensor_shape(std::int64_t d, std::int32_t tile, std::int64_t shared_bytes) {
  const std::int64_t steps = (d + kProductTerms - 1) / kProductTerms;
  if (const std::int32_t few = fewest_steps(steps, TensorSteps()); few > 0) return {few, 0};
  constexpr std::int64_t kReserved = 1 << 10;  // of a multiprocessor's shared memory, for each block
  const auto most = [&](std::int64_t bytes) {
    return tile == 64 ? most_wide_rows<64>(steps, bytes, WideRows()) : most_wide_rows<16>(steps, bytes, WideRows());
  };
  if ((tile == 64 ? wide_decide_bytes<64>(steps) : wide_decide_bytes<16>(steps)) > shared_bytes) return {};
  const std::int32_t together = most((shared_bytes - kReserved) / 2);
  const std::int32_t rows = together > 0 ? together : most(shared_bytes);
  return {rows > 0 ? static_cast<std::int32_t>(steps) : 0, rows};
}

}  // namespace tessera::kernels
