// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/philox.hpp"

namespace tessera {

/// Four 32-bit random words with an address.
[[nodiscard]] inline exact::PhiloxBlock random_words(std::uint64_t seed, std::uint64_t row, std::uint32_t draw) {
  constexpr auto kPurpose = static_cast<std::uint64_t>(exact::Purpose::generate);
  return exact::philox(seed, row, (kPurpose << 32) | draw);
}

/// A word as a number strictly between 0 and 1.
[[nodiscard]] inline double open_uniform(std::uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-32; }

/// The quantile of the standard normal distribution, u in (0, 1), to about 1e-15 relative (Wichura: Algorithm AS 241, 1988).
/// Only operations that are correctly rounded everywhere and exact::log1p, so the same bits on any machine.
[[nodiscard]] double normal_quantile(double u);

}  // namespace tessera
