// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::ptx {

/// An access of one thread to memory.
struct Access {
  std::int32_t thread;
  std::uint64_t address;
  int bytes;
};

/// What instructions take of a GPU, all counted for warps.
struct Cost {
  std::int64_t issues = 0;
  std::int64_t sectors = 0;           ///< of 32 bytes of device memory
  std::int64_t least_sectors = 0;     ///< that would hold the bytes asked for
  std::int64_t wavefronts = 0;        ///< of up to 32 banks of shared memory
  std::int64_t least_wavefronts = 0;  ///< that would hold the words asked for

  Cost& operator+=(const Cost& other);
};

/// Of accesses of an instruction to device memory, in the order of their threads.
[[nodiscard]] Cost cost_of_global(std::span<const Access> accesses);
/// @param atomic  accesses to one word take turns, too
[[nodiscard]] Cost cost_of_shared(std::span<const Access> accesses, bool atomic);

/// By instruction of a kernel.
using Costs = std::vector<Cost>;

}  // namespace tessera::ptx
