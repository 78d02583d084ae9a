// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "exact/certificate.hpp"
#include "kernels/best_score.hpp"
#include "kernels/half.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_product.hpp"

// The screen of a nearest pass on matrix units: products of numbers of 16 bits, sums of 32 (docs/numerics.md, section 5). A
// block of threads has 256 rows, which stay in registers, 32 rows a warp; tiles of centroids come one after the other through
// shared memory, copied while their predecessor is worked on. Features are read from memory once.
namespace tessera::kernels {

inline constexpr int kTensorThreads = 256;
inline constexpr int kTensorRows = kTensorThreads;
inline constexpr int kTensorShares = 4;  ///< threads that share a row's features, and its centroids

/// Centroids of a block as matrix units want them. Words 2 i and 2 i + 1 of columns[s][p][t] are features 16 s + 4 (t % 4) ...
/// + 3 of place 16 p + 8 i + t / 4.
template <std::size_t kSteps, std::size_t kTile>
struct TensorTile {
  Words4 columns[kSteps][kTile / 16][kWarp];
  Float4 start[kTile / 2];  ///< -||c||^2 / 2 of two places, twice; where there is no centroid, less than any score
  alignas(16) exact::TensorBound::OfCentroids bound;
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

/// Numbers of steps that there are kernels for.
using TensorSteps = std::index_sequence<1, 2, 3, 4, 6, 8>;

/// The fewest of these steps that have room for d features; 0: they have too many.
template <std::size_t... kSteps>
[[nodiscard]] constexpr int tensor_steps(std::int64_t d, std::index_sequence<kSteps...>) {
  int found = 0;
  static_cast<void>(((found = static_cast<int>(kSteps), d <= found * kProductTerms) || ...));
  return d <= found * kProductTerms ? found : 0;
}

/// Calls call(std::integral_constant) of the kernel for so many steps; returns whether there is one.
template <typename Call, std::size_t... kSteps>
bool call_with_steps(int steps, const Call& call, std::index_sequence<kSteps...>) {
  const auto try_one = [&](auto constant) {
    if (steps != static_cast<int>(constant.value)) return false;
    call(constant);
    return true;
  };
  return (try_one(std::integral_constant<std::size_t, kSteps>()) || ...);
}

/// Where there is no centroid: finite, so that it can carry a tag.
inline constexpr float kNoScore = -0x1p126F;

/// Bits of a score that number the centroids of a tile that a thread has.
[[nodiscard]] TESSERA_HOST_DEVICE constexpr int tensor_tag_bits(std::int64_t tile) { return tile == 64 ? 4 : 2; }

/// Shared memory of a block. Where threads that share rows write beside each other, rows lie kStride apart, in other banks.
template <std::size_t kSteps, std::size_t kTile>
struct TensorScreenMemory {
  static constexpr std::size_t kStride = kTensorRows + kWarp / kTensorShares;
  union {
    TensorTile<kSteps, kTile> tiles[2];
    BestPlaces<false, kTensorShares, kStride> places;  // when the tiles are done with
  };
  float squares[kTensorShares][kStride];
  float rests[kTensorShares][kStride];
  float norm[kTensorRows];
  float rest[kTensorRows];
};

/// What a thread keeps in registers: its share of rows g, g + 8, g + 16, g + 24 of its warp.
template <std::size_t kSteps>
struct TensorScreenState {
  static constexpr int kGroup = 2;  ///< products beside each other, of 8 centroids each: four with both halves of the rows
  std::uint32_t rows[2][kSteps][4];
  float score[2][kGroup][4];
  Words4 columns;
  Float4 start[kGroup];
  float first[4];   ///< greatest score of a tile, tagged
  float second[4];  ///< next one
  BestScore<false> best[4];
};

/// The place in the block of a thread's row i.
TESSERA_HOST_DEVICE inline int tensor_row(int t, int i) { return t / kWarp * kWarp + t % kWarp / 4 + 8 * i; }

/// Four features of a row. Behind the last one they are 0, or, where the number of features is a multiple of four (kWhole),
/// some that the row has.
template <bool kWhole>
TESSERA_HOST_DEVICE inline Float4 four_features(const float* row, int feature, int d) {
  const float* from = row + (feature < d ? feature : 0);
  Float4 x;
  if constexpr (kWhole) {
    x = *reinterpret_cast<const Float4*>(from);
  } else {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) x.v[i] = from[i];  // one address for all: hence kSpareFeatures
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) x.v[i] = feature + i < d ? x.v[i] : 0.0F;
  }
  return x;
}

/// Brings the thread's share of its rows to registers, with its share of their norms and of what they lose in 16 bits.
template <bool kWhole, std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void load_tensor_rows(int t, const ScreenArguments& a, int first, TensorScreenState<kSteps>& state,
                                                 TensorScreenMemory<kSteps, kTile>& memory) {
  const int share = t % kTensorShares;
  const int last = a.list.size(a.slab) - 1;
  int row[4];
  float square[4] = {};
  float rest[4] = {};
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) {
    row[i] = first + tensor_row(t, i);
    row[i] = row[i] < last ? row[i] : last;  // what is found of those behind is dropped
  }
  if (a.list.rows != nullptr) {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) row[i] = a.list.row(row[i]);
  }
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) row[i] *= a.slab.d;
  TESSERA_UNROLL
  for (std::size_t s = 0; s < kSteps; ++s) {
    if (kSteps > 4 || s % 2 == 0) keep_order();  // eight loads at a time
    const int feature = static_cast<int>(s) * kProductTerms + 4 * share;
    const Float4 offset = *reinterpret_cast<const Float4*>(a.centroids.frame.offset + feature);
    const float scale = feature < a.slab.d ? a.centroids.frame.scale : 0.0F;  // what is not finite is so elsewhere, too
    Float4 x[4];
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) x[i] = four_features<kWhole>(a.slab.rows + row[i], feature, a.slab.d);
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) {
      TESSERA_UNROLL
      for (int pair = 0; pair < 2; ++pair) {
        float y[2];
        TESSERA_UNROLL
        for (int j = 0; j < 2; ++j) y[j] = fmaf(x[i].v[2 * pair + j], scale, offset.v[2 * pair + j]);
        const std::uint32_t two = pack_halves(y[0], y[1]);
        state.rows[i / 2][s][2 * pair + i % 2] = two;
        TESSERA_UNROLL
        for (int j = 0; j < 2; ++j) {
          const float lost = y[j] - half_value(two >> 16 * j & 0xFFFFU);  // not finite beyond the range: then not safe
          square[i] = fmaf(y[j], y[j], square[i]);
          rest[i] = fmaf(lost, lost, rest[i]);
        }
      }
    }
  }
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) {
    memory.squares[share][tensor_row(t, i)] = square[i];
    memory.rests[share][tensor_row(t, i)] = rest[i];
  }
}

/// Begins to bring the tile of block `b` to shared memory.
template <std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void begin_tile(int t, const TensorScreenArguments& a, int b, TensorTile<kSteps, kTile>& tile) {
  constexpr int kPieces = sizeof(tile) / 16;
  const auto* from = reinterpret_cast<const Words4*>(a.tiles) + std::int64_t{b} * kPieces;
  auto* to = reinterpret_cast<Words4*>(&tile);
  TESSERA_UNROLL
  for (int i = 0; i < kPieces; i += kTensorThreads) {
    if (i + kTensorThreads <= kPieces || t < kPieces - i) begin_copy(to + i + t, from + i + t);
  }
}

/// Upper bounds of the norm of row t and of what it loses.
template <std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void find_norms(int t, int d, TensorScreenMemory<kSteps, kTile>& memory) {
  float square = 0.0F;
  float rest = 0.0F;
  for (int share = 0; share < kTensorShares; ++share) {
    square = square + memory.squares[share][t];
    rest = rest + memory.rests[share][t];
  }
  memory.norm[t] = exact::upper_norm(square, d);
  memory.rest[t] = exact::upper_norm(rest, d);
}

/// Scores of `group` of the tile against the thread's rows.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void score_group(Team& team, int group, const TensorTile<kSteps, kTile>& tile) {
  using State = TensorScreenState<kSteps>;
  team.alone([&](int t, State& state) {
    TESSERA_UNROLL
    for (int product = 0; product < State::kGroup; ++product) {
      state.start[product] = tile.start[(group * State::kGroup + product) * kProductColumns / 2 + t % 4];
    }
  });
  TESSERA_UNROLL
  for (std::size_t s = 0; s < kSteps; ++s) {
    TESSERA_UNROLL
    for (int pair = 0; pair < State::kGroup / 2; ++pair) {
      team.alone([&](int t, State& state) { state.columns = tile.columns[s][group * (State::kGroup / 2) + pair][t % kWarp]; });
      TESSERA_UNROLL
      for (int i = 0; i < 2; ++i) {
        TESSERA_UNROLL
        for (int r = 0; r < 2; ++r) {
          multiply(team, [&](State& state) {
            float* sum = state.score[r][2 * pair + i];
            return TensorFragments{sum, s == 0 ? state.start[2 * pair + i].v : sum, state.rows[r][s], state.columns.v + 2 * i};
          });
        }
      }
    }
  }
}

/// A score whose low bits, those of `tags`, are `tag`.
TESSERA_HOST_DEVICE inline float tagged(float score, std::uint32_t tags, std::uint32_t tag) {
  std::uint32_t bits = std::bit_cast<std::uint32_t>(score);
#if defined(__CUDA_ARCH__)
  asm("lop3.b32 %0, %0, %1, %2, 0xBA;" : "+r"(bits) : "r"(tags), "r"(tag));  // one instruction: (bits & ~tags) | tag
#else
  bits = (bits & ~tags) | tag;
#endif
  return std::bit_cast<float>(bits);
}

/// Takes the scores of a group into the two greatest of the tile. A score carries the number of its centroid in its last bits.
template <std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void take_group(int group, TensorScreenState<kSteps>& state) {
  static_assert(TensorScreenState<kSteps>::kGroup == 2);
  constexpr std::uint32_t kTags = (1U << tensor_tag_bits(kTile)) - 1;
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) {
    float value[4];
    TESSERA_UNROLL
    for (int j = 0; j < 4; ++j) {
      value[j] = tagged(state.score[i / 2][j / 2][i % 2 * 2 + j % 2], kTags, static_cast<unsigned>(j));
    }
    float first = fmaxf(value[0], value[1]);
    float second = fminf(value[0], value[1]);
    TESSERA_UNROLL
    for (int j = 2; j < 4; ++j) {
      second = fmaxf(second, fminf(first, value[j]));
      first = fmaxf(first, value[j]);
    }
    first = std::bit_cast<float>(std::bit_cast<std::uint32_t>(first) | static_cast<std::uint32_t>(group) * 4);
    state.second[i] = fmaxf(fmaxf(state.second[i], second), fminf(state.first[i], first));
    state.first[i] = fmaxf(state.first[i], first);
  }
}

/// Takes the two greatest scores of block `b` into the best of the thread's rows.
template <std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void take_tile(int t, int b, const TensorTile<kSteps, kTile>& tile,
                                          const TensorScreenMemory<kSteps, kTile>& memory, TensorScreenState<kSteps>& state) {
  constexpr std::uint32_t kTag = (1U << tensor_tag_bits(kTile)) - 1;
  const exact::TensorBound::OfCentroids bound = tile.bound;
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) {
    const auto tag = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(state.first[i]) & kTag);
    const int row = tensor_row(t, i);
    const float error = bound.error(memory.norm[row], memory.rest[row]);
    const std::int32_t place = b * static_cast<int>(kTile) + tag / 2 * kProductColumns + t % 4 * 2 + tag % 2;
    state.best[i].offer(state.first[i] - error, state.first[i] + error, place);
    state.best[i].rival = fmaxf(state.best[i].rival, state.second[i] + error);
  }
}

/// Screens rows [block kTensorRows, block kTensorRows + kTensorRows) of those that are to be screened.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void screen_on_tensors(Team& team, const TensorScreenArguments& a, int block,
                                                  TensorScreenMemory<kSteps, kTile>& memory) {
  using State = TensorScreenState<kSteps>;
  constexpr int kGroups = kTile / kProductColumns / State::kGroup;
  const int first = block * kTensorRows;
  team.each([&](int t, State& state) {
    begin_tile(t, a, 0, memory.tiles[0]);
    if (a.screen.slab.d % 4 == 0) {
      load_tensor_rows<true>(t, a.screen, first, state, memory);
    } else {
      load_tensor_rows<false>(t, a.screen, first, state, memory);
    }
    finish_copies();
  });
  team.each([&](int t, State& state) {
    find_norms(t, a.screen.slab.d, memory);
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) state.best[i] = BestScore<false>();
  });
  for (int b = 0; b < a.screen.centroids.blocks; ++b) {
    const TensorTile<kSteps, kTile>& tile = memory.tiles[b % 2];
    team.alone([&](int t, State& state) {
      if (b + 1 < a.screen.centroids.blocks) begin_tile(t, a, b + 1, memory.tiles[(b + 1) % 2]);
      TESSERA_UNROLL
      for (int i = 0; i < 4; ++i) state.first[i] = state.second[i] = -INFINITY;
    });
    TESSERA_NO_UNROLL
    for (int group = 0; group < kGroups; ++group) {
      score_group(team, group, tile);
      team.alone([&](int, State& state) { take_group<kSteps, kTile>(group, state); });
    }
    team.each([&](int t, State& state) {
      take_tile(t, b, tile, memory, state);
      finish_copies();
    });
  }
  team.each([&](int t, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) memory.places.put(t % kTensorShares, tensor_row(t, i), state.best[i]);
  });
  team.each([&](int t, State&) {
    if (first + t >= a.screen.list.size(a.screen.slab)) return;
    const bool safe = exact::screen_is_safe(memory.norm[t] + memory.rest[t], *a.screen.centroids.largest_norm);
    conclude_row(a.screen, a.screen.list.row(first + t), memory.places.join(t), memory.norm[t], safe);
  });
}

}  // namespace tessera::kernels
