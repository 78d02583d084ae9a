// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/host_device.hpp"

namespace tessera::exact {

/// What a random number is for. Two draws are equal only if seed, purpose, row and draw are.
enum class Purpose : std::uint32_t {
  seeding = 1,    ///< k-means|| rounds: row id, draw = round
  sample = 2,     ///< bounded samples: the rows with the smallest keys
  start = 3,      ///< restarts of k-means++: row = draw within the start, draw = start
  reference = 4,  ///< reference tables of the choice of k
  resample = 5,   ///< resampling for stability
  generate = 6,   ///< synthetic tables
  analysis = 7,   ///< samples of segments, and groups of the jackknife: row id, draw 0
  margins = 8,    ///< contingency tables with given margins: row = draw, draw = table
};

struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; 2011).
TESSERA_HOST_DEVICE inline PhiloxBlock philox(std::uint64_t key, std::uint64_t counter_low, std::uint64_t counter_high) {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  PhiloxBlock block = {{static_cast<std::uint32_t>(counter_low), static_cast<std::uint32_t>(counter_low >> 32),
                        static_cast<std::uint32_t>(counter_high), static_cast<std::uint32_t>(counter_high >> 32)}};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * block.word[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * block.word[2];
    block = {{static_cast<std::uint32_t>(product1 >> 32) ^ block.word[1] ^ key0, static_cast<std::uint32_t>(product1),
              static_cast<std::uint32_t>(product0 >> 32) ^ block.word[3] ^ key1, static_cast<std::uint32_t>(product0)}};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return block;
}

/// 64 random bits with an address.
TESSERA_HOST_DEVICE inline std::uint64_t random_bits(std::uint64_t seed, Purpose purpose, std::uint64_t row,
                                                     std::uint32_t draw) {
  const PhiloxBlock block = philox(seed, row, (std::uint64_t{static_cast<std::uint32_t>(purpose)} << 32) | draw);
  return (std::uint64_t{block.word[1]} << 32) | block.word[0];
}

/// Uniform in [0, 1) with 53 bits, with an address.
TESSERA_HOST_DEVICE inline double random_uniform(std::uint64_t seed, Purpose purpose, std::uint64_t row, std::uint32_t draw) {
  return static_cast<double>(random_bits(seed, purpose, row, draw) >> 11) * 0x1p-53;
}

}  // namespace tessera::exact
