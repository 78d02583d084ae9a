// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "exact/certificate.hpp"
#include "kernels/half.hpp"
#include "kernels/slab.hpp"
#include "kernels/tensor_product.hpp"

// How centroids are packed for the screens on matrix units.
namespace tessera::kernels {

inline constexpr int kTensorShares = 4;  ///< threads that share a row's features, and its centroids
/// The most products that matrix units add up: longer sums are made of parts, which float32 adds up more closely.
inline constexpr int kPartTerms = 128;

/// Centroids that a warp multiplies its rows by at a time. Tiles have as many, or several times as many.
inline constexpr std::size_t kNarrowTile = 16;

/// What a block of centroids has besides their features.
template <std::size_t kTile>
struct alignas(16) TensorHead {
  Float4 start[kTile / 2];  ///< -||c||^2 / 2 of two places, twice; where there is no centroid, less than any score
  exact::TensorBound::OfCentroids bound;
};

/// Centroids of a block as matrix units want them. Words 2 i and 2 i + 1 of columns[s][p][t] are features 16 s + 4 (t % 4) ...
/// + 3 of place 16 p + 8 i + t / 4.
template <std::size_t kSteps, std::size_t kTile>
struct TensorTile {
  Words4 columns[kSteps][kTile / 16][kWarp];
  TensorHead<kTile> head;
};

/// The word of a TensorTile<steps, tile>, of those that follow each other, where features 4 `four` ... 4 `four` + 3 of a place
/// begin: two words.
[[nodiscard]] TESSERA_HOST_DEVICE inline std::int64_t tensor_word(int steps, int tile, std::int64_t block, int within,
                                                                  int four) {
  const std::int64_t columns = block * (steps * (tile / 16) * kWarp * 4 + tile * 2 + 4);
  const int thread = within % 8 * kTensorShares + four % 4;
  return columns + ((four / 4 * (tile / 16) + within / 16) * kWarp + thread) * 4 + within / 8 % 2 * 2;
}

/// The first of the two words of its -||c||^2 / 2; the second one is two words on.
[[nodiscard]] TESSERA_HOST_DEVICE inline std::int64_t tensor_start_word(int steps, int tile, std::int64_t block, int within) {
  return tensor_word(steps, tile, block + 1, 0, 0) - 4 - tile * 2 + within / 2 * 4 + within % 2;
}

/// The first of the four words of its bound.
[[nodiscard]] TESSERA_HOST_DEVICE inline std::int64_t tensor_bound_word(int steps, int tile, std::int64_t block) {
  return tensor_word(steps, tile, block + 1, 0, 0) - 4;
}

/// Puts four features of a place, as matrix units multiply them, to their words.
TESSERA_HOST_DEVICE inline void put_features(std::uint32_t* tiles, int steps, int tile, std::int64_t block, int within,
                                             int four, const Float4& y) {
  std::uint32_t* two = tiles + tensor_word(steps, tile, block, within, four);
  two[0] = finite_half_bits(y.v[0]) | finite_half_bits(y.v[1]) << 16;
  two[1] = finite_half_bits(y.v[2]) | finite_half_bits(y.v[3]) << 16;
}

/// Puts the -||c||^2 / 2 of a place to its words.
TESSERA_HOST_DEVICE inline void put_start(std::uint32_t* tiles, int steps, int tile, std::int64_t block, int within,
                                          float start) {
  std::uint32_t* words = tiles + tensor_start_word(steps, tile, block, within);
  words[0] = words[2] = std::bit_cast<std::uint32_t>(start);
}

/// Puts the bound of a block to its words.
TESSERA_HOST_DEVICE inline void put_bound(std::uint32_t* tiles, int steps, int tile, std::int64_t block,
                                          const exact::TensorBound::OfCentroids& bound) {
  std::uint32_t* words = tiles + tensor_bound_word(steps, tile, block);
  words[0] = std::bit_cast<std::uint32_t>(bound.norm);
  words[1] = std::bit_cast<std::uint32_t>(bound.rest);
  words[2] = std::bit_cast<std::uint32_t>(bound.square);
  words[3] = std::bit_cast<std::uint32_t>(bound.constant);
}

/// What a number loses in 16 bits.
TESSERA_HOST_DEVICE inline double lost_in_half(float y) {
  return static_cast<double>(y) - static_cast<double>(half_value(finite_half_bits(y)));
}

/// Where there is no centroid: finite, so that it can carry a tag.
inline constexpr float kNoScore = -0x1p126F;

/// Bits of a score that say where it was found: its group of a tile, or its place in a group.
inline constexpr int kTensorTagBits = 2;

}  // namespace tessera::kernels
