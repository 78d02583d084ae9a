// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_product.hpp"
#include "kernels/tensor_rows.hpp"
#include "kernels/tensor_tile.hpp"

// The screen of a nearest pass on matrix units: products of numbers of 16 bits, sums of 32 (docs/numerics.md, section 5). A
// block of threads has 256 rows, which stay in registers, 32 rows a warp; tiles of centroids come one after the other through
// shared memory, copied while their predecessor is worked on. Features are read from memory once. Rows of more features than
// registers hold: wide_screen.hpp.
namespace tessera::kernels {

inline constexpr int kTensorThreads = 256;
inline constexpr int kTensorRows = kTensorThreads;

/// Whether there are registers for the products of a whole tile at a time, and not only of 16 centroids. In between, that
/// depends on what the compiler makes of an architecture.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800 && __CUDA_ARCH__ < 1000
template <std::size_t kSteps>
inline constexpr bool kTileAtOnce = kSteps != 6;
#else
template <std::size_t kSteps>
inline constexpr bool kTileAtOnce = kSteps <= 2 || kSteps == 8;
#endif

/// Shared memory of a block. Where threads that share rows write beside each other, rows lie kStride apart, in other banks.
template <std::size_t kSteps, std::size_t kTile>
struct TensorScreenMemory {
  static constexpr std::size_t kStride = kTensorRows + kWarp / kTensorShares;
  union {
    TensorTile<kSteps, kTile> tiles[2];
    BestPlaces<false, kTensorShares, kStride> places;  // when the tiles are done with
  };
  SharedSquares<kTensorShares, kStride> squares;
  TensorNorms<kTensorRows> norms;
};

template <std::size_t kSteps>
struct TensorScreenMemory<kSteps, kNarrowTile> {
  TensorTile<kSteps, kNarrowTile> tiles[2];
  SharedSquares<kTensorShares, kTensorRows + kWarp / kTensorShares> squares;
  TensorNorms<kTensorRows> norms;
  NarrowScores<kTensorRows> scores;
};

/// What a thread keeps in registers.
template <std::size_t kSteps, std::size_t kTile>
struct TensorScreenState {
  RowWords rows[kSteps];
  PairScores score;
  Words4 columns;
  Float4 start[2];
  TensorBest<kTile / kNarrowTile> found;
};

template <std::size_t kSteps>
struct TensorScreenState<kSteps, kNarrowTile> {
  RowWords rows[kSteps];
  PairScores score;
  Words4 columns;
  Float4 start[2];
  BestScore<false> found;  ///< of the row that has the thread's number
};

/// The first row of a thread's warp in the block.
TESSERA_HOST_DEVICE inline int first_of_warp(int t) { return t / kWarp * kRowsOfWarp; }

/// See load_tensor_rows, four_features.
template <bool kWhole, std::size_t kSteps, typename Squares>
TESSERA_HOST_DEVICE inline void load_all_steps(int t, const ScreenArguments& a, int first, RowWords (&words)[kSteps],
                                               Squares& squares) {
  const int last = a.list.size(a.slab) - 1;
  int row[kRowsOfTensorThread];
  RowSquares sums;
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) {
    row[i] = first + first_of_warp(t) + row_of_warp(t, i);
    row[i] = row[i] < last ? row[i] : last;  // what is found of those behind is dropped
  }
  if (a.list.rows != nullptr) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) row[i] = a.list.row(row[i]);
  }
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) row[i] *= a.slab.d;
  TESSERA_UNROLL
  for (std::size_t s = 0; s < kSteps; ++s) {
    if (s % 2 == 0) keep_order();  // eight loads at a time
    load_step<kWhole>(
        t, a, static_cast<int>(s), [&](int i) { return a.slab.rows + row[i]; }, words[s], sums);
  }
  squares.put(t, t % kTensorShares, first_of_warp(t), sums);
}

/// Brings the thread's share of its rows to registers, with its share of their norms and of what they lose in 16 bits.
/// @param first  of the block's rows
template <std::size_t kSteps, typename Squares>
TESSERA_HOST_DEVICE inline void load_tensor_rows(int t, const ScreenArguments& a, int first, RowWords (&words)[kSteps],
                                                 Squares& squares) {
  if (a.slab.d % 4 == 0) {
    load_all_steps<true>(t, a, first, words, squares);
  } else {
    load_all_steps<false>(t, a, first, words, squares);
  }
}

/// Begins to bring the tile of block `b` to shared memory.
template <int kThreads, std::size_t kSteps, std::size_t kTile>
TESSERA_HOST_DEVICE inline void begin_tile(int t, const TensorScreenArguments& a, int b, TensorTile<kSteps, kTile>& tile) {
  constexpr int kPieces = sizeof(tile) / 16;
  const auto* from = reinterpret_cast<const Words4*>(a.tiles) + (b * kPieces + t);
  auto* to = reinterpret_cast<Words4*>(&tile) + t;
  TESSERA_UNROLL
  for (int i = 0; i < kPieces; i += kThreads) {
    if (i + kThreads <= kPieces || t < kPieces - i) begin_copy(to + i, from + i);
  }
}

/// Scores of centroids 16 `pair` ... of the tile against the thread's rows.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void score_pair(Team& team, int pair, const TensorTile<kSteps, kTile>& tile) {
  team.alone([&](int t, auto& state) {
    TESSERA_UNROLL
    for (int product = 0; product < 2; ++product) {
      state.start[product] = tile.head.start[(pair * 2 + product) * kProductColumns / 2 + t % 4];
    }
  });
  TESSERA_UNROLL
  for (std::size_t s = 0; s < kSteps; ++s) {
    team.alone([&](int t, auto& state) { state.columns = tile.columns[s][pair][t % kWarp]; });
    TESSERA_UNROLL
    for (int product = 0; product < 2; ++product) {
      TESSERA_UNROLL
      for (int half = 0; half < 2; ++half) {
        multiply(team, [&](auto& state) {
          float* sum = state.score[half][product];
          return TensorFragments{sum, s == 0 ? state.start[product].v : sum, state.rows[s][half],
                                 state.columns.v + 2 * product};
        });
      }
    }
  }
}

/// Finds the best centroids of the block's rows, in memory.places. The threads of a row keep what they know of it.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void find_best(Team& team, const TensorScreenArguments& a,
                                          TensorScreenMemory<kSteps, kTile>& memory) {
  using State = TensorScreenState<kSteps, kTile>;
  constexpr int kPairs = kTile / kNarrowTile;
  [[maybe_unused]] constexpr int kPairsAtOnce = kTileAtOnce<kSteps> ? kPairs : 1;
  team.alone([&](int, State& state) { state.found.begin(); });
  for (int b = 0; b < a.screen.centroids.blocks; ++b) {
    const TensorTile<kSteps, kTile>& tile = memory.tiles[b % 2];
    team.alone([&](int t, State& state) {
      if (b + 1 < a.screen.centroids.blocks) begin_tile<kTensorThreads>(t, a, b + 1, memory.tiles[(b + 1) % 2]);
      state.found.begin_tile();
    });
    TESSERA_UNROLL_BY(kPairsAtOnce)
    for (int pair = 0; pair < kPairs; ++pair) {
      score_pair(team, pair, tile);
      team.alone([&](int, State& state) { state.found.take_group(static_cast<std::uint32_t>(pair), state.score); });
    }
    team.each([&](int t, State& state) {
      state.found.take_tile(t, b, tile.head.bound, first_of_warp(t), memory.norms);
      finish_copies();
    });
  }
  team.each_warp([&](int t, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      memory.places.put(t % kTensorShares, first_of_warp(t) + row_of_warp(t, i), state.found.of(t, i, 0, 1));
    }
  });
}

/// Finds them, of row t by thread t. Few scores are sooner sent to one thread than looked through by four.
template <std::size_t kSteps, typename Team>
TESSERA_HOST_DEVICE inline void find_best(Team& team, const TensorScreenArguments& a,
                                          TensorScreenMemory<kSteps, kNarrowTile>& memory) {
  using State = TensorScreenState<kSteps, kNarrowTile>;
  for (int b = 0; b < a.screen.centroids.blocks; ++b) {
    const TensorTile<kSteps, kNarrowTile>& tile = memory.tiles[b % 2];
    team.alone([&](int t, State&) {
      if (b + 1 < a.screen.centroids.blocks) begin_tile<kTensorThreads>(t, a, b + 1, memory.tiles[(b + 1) % 2]);
    });
    score_pair(team, 0, tile);
    team.each_warp([&](int t, State& state) { memory.scores.put(t, first_of_warp(t), state.score); });
    team.each([&](int t, State& state) {
      memory.scores.take(t, tile.head.bound.error(memory.norms.norm[t], memory.norms.rest[t]), b, state.found);
      finish_copies();
    });
  }
}

/// Screens rows [block kTensorRows, block kTensorRows + kTensorRows) of those that are to be screened.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void screen_on_tensors(Team& team, const TensorScreenArguments& a, int block,
                                                  TensorScreenMemory<kSteps, kTile>& memory) {
  static_assert(kSteps * kProductTerms <= kPartTerms);
  using State = TensorScreenState<kSteps, kTile>;
  const int first = block * kTensorRows;
  team.each([&](int t, State& state) {
    begin_tile<kTensorThreads>(t, a, 0, memory.tiles[0]);
    load_tensor_rows(t, a.screen, first, state.rows, memory.squares);
    finish_copies();
  });
  team.each_warp([&](int t, State&) { memory.squares.join(t, kSteps * kProductTerms, memory.norms); });
  find_best(team, a, memory);
  team.each([&](int t, State& state) {
    conclude_tensor_row(t, first, a.screen, memory.norms, [&] {
      if constexpr (kTile == kNarrowTile) return state.found;
      if constexpr (kTile != kNarrowTile) return memory.places.join(t);
    });
  });
}

}  // namespace tessera::kernels
