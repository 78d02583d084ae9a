// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera {

inline constexpr std::uint64_t kMixFactor = 0xD6E8FEB86659FD93U;

/// A bijection that spreads keys over all 64 bits (xor-shift and multiply, twice).
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t key) {
  key = (key ^ (key >> 32)) * kMixFactor;
  key = (key ^ (key >> 32)) * kMixFactor;
  return key ^ (key >> 32);
}

}  // namespace tessera
