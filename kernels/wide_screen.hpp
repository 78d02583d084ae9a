// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_product.hpp"
#include "kernels/tensor_rows.hpp"
#include "kernels/tensor_tile.hpp"

// The screen on matrix units (tensor_screen.hpp) for rows of more features than registers hold: the rows of a block stay in
// shared memory, as the threads' registers would have them, and the centroids of a tile come in slices of features. Features
// are read from device memory once, too.
namespace tessera::kernels {

inline constexpr int kSliceSteps = kPartTerms / kProductTerms;

/// How a block is shared out: some warps share rows, and each of them has some centroids of a tile.
template <std::size_t kRows, std::size_t kTile>
struct WideShape {
  static constexpr int kRowWarps = kRows / kRowsOfWarp;
  static constexpr int kParts = kTile == 64 ? 8 / kRowWarps : 1;  ///< warps that share rows
  static constexpr int kThreads = kRowWarps * kParts * kWarp;
  static constexpr int kPairs = kTile / (2 * kProductColumns) / kParts;  ///< of products, for each warp
  static constexpr std::size_t kShares = std::size_t{kTensorShares} * kParts;

  TESSERA_HOST_DEVICE static int row_warp(int t) { return t / kWarp % kRowWarps; }
  TESSERA_HOST_DEVICE static int part(int t) { return t / kWarp / kRowWarps; }
  TESSERA_HOST_DEVICE static int share(int t) { return part(t) * kTensorShares + t % kTensorShares; }
};

/// Some features of a tile.
template <std::size_t kTile>
struct WideSlice {
  Words4 columns[kSliceSteps][kTile / 16][kWarp];
};

/// What a block has in shared memory while squares are added up: the first slice, which is on its way, and they.
template <std::size_t kShares, std::size_t kStride, std::size_t kTile>
struct WideSquares {
  WideSlice<kTile> slice;
  SharedSquares<kShares, kStride> squares;
};

/// Shared memory of a block, before its rows.
template <std::size_t kRows, std::size_t kTile>
struct WideScreenMemory {
  using Shape = WideShape<kRows, kTile>;
  static constexpr std::size_t kStride = kRows + kWarp / kTensorShares;  ///< see TensorScreenMemory
  union {
    WideSlice<kTile> slices[2];
    WideSquares<Shape::kShares, kStride, kTile> before;  ///< the slices are worked on
    BestPlaces<false, Shape::kShares, kStride> places;   ///< when the slices are done with
  };
  TensorHead<kTile> heads[2];
  TensorNorms<kRows> norms;
};

/// The rows of a warp in one step, as its threads read them.
struct WideStep {
  Words4 words[2][kWarp];  ///< [half of the rows]
};

/// Shared memory of a block for rows of so many steps.
template <std::size_t kRows, std::size_t kTile>
[[nodiscard]] constexpr std::int64_t wide_screen_bytes(std::int64_t steps) {
  return static_cast<std::int64_t>(sizeof(WideScreenMemory<kRows, kTile>)) +
         steps * WideShape<kRows, kTile>::kRowWarps * static_cast<std::int64_t>(sizeof(WideStep));
}

/// What a thread keeps in registers.
template <std::size_t kRows, std::size_t kTile>
struct WideScreenState {
  RowWords rows;
  Words4 columns;
  PairScores score[WideShape<kRows, kTile>::kPairs];  ///< of the slices so far
  PairScores slice[WideShape<kRows, kTile>::kPairs];  ///< of the present one
  TensorBest<WideShape<kRows, kTile>::kPairs> found;
};

/// Brings the thread's share of its rows to shared memory; warps that share rows take turns in their steps.
template <bool kWhole, std::size_t kRows, std::size_t kTile>
TESSERA_HOST_DEVICE inline void load_wide_rows(int t, const TensorScreenArguments& a, int first, WideStep* rows,
                                               WideScreenMemory<kRows, kTile>& memory) {
  using Shape = WideShape<kRows, kTile>;
  const ScreenArguments& screen = a.screen;
  const int last = screen.list.size(screen.slab) - 1;
  const int warp = Shape::row_warp(t);
  const float* row[kRowsOfTensorThread];
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) {
    const int at = first + warp * kRowsOfWarp + row_of_warp(t, i);
    row[i] = screen.slab.rows + std::int64_t{screen.list.row(at < last ? at : last)} * screen.slab.d;  // see load_tensor_rows
  }
  RowSquares sums;
  TESSERA_UNROLL_BY(2)
  for (int s = Shape::part(t); s < a.shape.steps; s += Shape::kParts) {
    RowWords words;
    load_step<kWhole>(
        t, screen, s, [&](int i) { return row[i]; }, words, sums);
    WideStep& step = rows[s * Shape::kRowWarps + warp];
    TESSERA_UNROLL
    for (int half = 0; half < 2; ++half) {
      step.words[half][t % kWarp] = {{words[half][0], words[half][1], words[half][2], words[half][3]}};
    }
  }
  memory.before.squares.put(t, Shape::share(t), warp * kRowsOfWarp, sums);
}

/// Begins to bring slice `slice` of block `b` to shared memory; with the first one, what the block has besides.
template <std::size_t kRows, std::size_t kTile>
TESSERA_HOST_DEVICE inline void begin_slice(int t, const TensorScreenArguments& a, int b, int slice, WideSlice<kTile>& to,
                                            WideScreenMemory<kRows, kTile>& memory) {
  constexpr int kThreads = WideShape<kRows, kTile>::kThreads;
  constexpr int kStepPieces = sizeof(to.columns[0]) / sizeof(Words4);
  constexpr int kHeadPieces = sizeof(TensorHead<kTile>) / sizeof(Words4);
  const auto* block = reinterpret_cast<const Words4*>(a.tiles) + b * (std::int64_t{a.shape.steps} * kStepPieces + kHeadPieces);
  const int left = a.shape.steps - slice * kSliceSteps;
  const int pieces = (left < kSliceSteps ? left : kSliceSteps) * kStepPieces;
  const Words4* from = block + slice * (kSliceSteps * kStepPieces);
  Words4* columns = &to.columns[0][0][0];
  TESSERA_UNROLL
  for (int i = 0; i < kSliceSteps * kStepPieces; i += kThreads) {
    if (i + t < pieces) begin_copy(columns + i + t, from + i + t);
  }
  if (slice == 0 && t < kHeadPieces) {
    begin_copy(reinterpret_cast<Words4*>(&memory.heads[b % 2]) + t, block + a.shape.steps * kStepPieces + t);
  }
}

/// Calls visit(pair, half of the rows, product, number) for the scores of a thread.
template <int kPairs, typename Visit>
TESSERA_HOST_DEVICE inline void for_each_score(Visit visit) {
  TESSERA_UNROLL
  for (int pair = 0; pair < kPairs; ++pair) {
    TESSERA_UNROLL
    for (int half = 0; half < 2; ++half) {
      TESSERA_UNROLL
      for (int product = 0; product < 2; ++product) {
        TESSERA_UNROLL
        for (int i = 0; i < 4; ++i) visit(pair, half, product, i);
      }
    }
  }
}

/// Starts the scores of a tile.
template <std::size_t kRows, std::size_t kTile, typename State>
TESSERA_HOST_DEVICE inline void begin_scores(int t, const TensorHead<kTile>& head, State& state) {
  using Shape = WideShape<kRows, kTile>;
  for_each_score<Shape::kPairs>([&](int pair, int half, int product, int i) {
    const int columns = (Shape::part(t) * Shape::kPairs + pair) * 2 + product;
    state.score[pair][half][product][i] = head.start[columns * kProductColumns / 2 + t % 4].v[i];
  });
}

/// Adds a step of the block's rows and of a slice to the scores of the thread's rows.
template <std::size_t kRows, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void add_step(Team& team, const WideStep* rows,
                                         const Words4 (&columns)[kTile / (2 * kProductColumns)][kWarp]) {
  using Shape = WideShape<kRows, kTile>;
  team.alone([&](int t, auto& state) {
    TESSERA_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Words4 words = rows[Shape::row_warp(t)].words[half][t % kWarp];
      TESSERA_UNROLL
      for (int i = 0; i < 4; ++i) state.rows[half][i] = words.v[i];
    }
  });
  TESSERA_UNROLL
  for (int pair = 0; pair < Shape::kPairs; ++pair) {
    team.alone([&](int t, auto& state) { state.columns = columns[Shape::part(t) * Shape::kPairs + pair][t % kWarp]; });
    TESSERA_UNROLL
    for (int product = 0; product < 2; ++product) {
      TESSERA_UNROLL
      for (int half = 0; half < 2; ++half) {
        multiply(team, [&](auto& state) {
          float* sum = state.slice[pair][half][product];
          return TensorFragments{sum, sum, state.rows[half], state.columns.v + 2 * product};
        });
      }
    }
  }
}

/// Scores the block's rows, from number `first` on of those that are to be screened, against all centroids. Calls
/// begin(t, b, state) before tile b, and take(t, b, state) when its scores are there.
/// @param rows  [steps x row warps] shared memory
template <std::size_t kRows, std::size_t kTile, typename Team, typename Begin, typename Take>
TESSERA_HOST_DEVICE inline void score_wide_rows(Team& team, const TensorScreenArguments& a, int first, WideStep* rows,
                                                WideScreenMemory<kRows, kTile>& memory, Begin begin, Take take) {
  using Shape = WideShape<kRows, kTile>;
  const int slices = (a.shape.steps + kSliceSteps - 1) / kSliceSteps;
  team.each([&](int t, auto&) {
    begin_slice(t, a, 0, 0, memory.slices[0], memory);
    if (a.screen.slab.d % 4 == 0) {
      load_wide_rows<true>(t, a, first, rows, memory);
    } else {
      load_wide_rows<false>(t, a, first, rows, memory);
    }
    finish_copies();
  });
  team.each([&](int t, auto&) {
    if (t < static_cast<int>(kRows)) memory.before.squares.join(t, a.screen.slab.d, memory.norms);
  });
  int buffer = 0;
  for (int b = 0; b < a.screen.centroids.blocks; ++b) {
    team.alone([&](int t, auto& state) {
      begin_scores<kRows>(t, memory.heads[b % 2], state);
      begin(t, b, state);
    });
    for (int slice = 0; slice < slices; ++slice) {
      const WideSlice<kTile>& present = memory.slices[buffer];
      buffer ^= 1;
      team.alone([&](int t, auto& state) {
        for_each_score<Shape::kPairs>(
            [&](int pair, int half, int product, int i) { state.slice[pair][half][product][i] = 0.0F; });
        if (slice + 1 < slices) {
          begin_slice(t, a, b, slice + 1, memory.slices[buffer], memory);
        } else if (b + 1 < a.screen.centroids.blocks) {
          begin_slice(t, a, b + 1, 0, memory.slices[buffer], memory);
        }
      });
      const int left = a.shape.steps - slice * kSliceSteps;
      const int steps = left < kSliceSteps ? left : kSliceSteps;
      TESSERA_NO_UNROLL
      for (int s = 0; s < steps; ++s) {
        add_step<kRows, kTile>(team, rows + (slice * kSliceSteps + s) * Shape::kRowWarps, present.columns[s]);
      }
      team.each([&](int t, auto& state) {
        for_each_score<Shape::kPairs>([&](int pair, int half, int product, int i) {
          state.score[pair][half][product][i] = state.score[pair][half][product][i] + state.slice[pair][half][product][i];
        });
        if (slice + 1 == slices) take(t, b, state);
        finish_copies();
      });
    }
  }
}

/// Screens rows [block kRows, block kRows + kRows) of those that are to be screened. @param rows  see score_wide_rows
template <std::size_t kRows, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void screen_wide_rows(Team& team, const TensorScreenArguments& a, int block, WideStep* rows,
                                                 WideScreenMemory<kRows, kTile>& memory) {
  using Shape = WideShape<kRows, kTile>;
  using State = WideScreenState<kRows, kTile>;
  const int first = block * static_cast<int>(kRows);
  const auto begin = [](int, int, State& state) { state.found.begin_tile(); };
  const auto take = [&](int t, int b, State& state) {
    TESSERA_UNROLL
    for (int pair = 0; pair < Shape::kPairs; ++pair) {
      state.found.take_group(static_cast<std::uint32_t>(pair), state.score[pair]);
    }
    state.found.take_tile(t, b, memory.heads[b % 2].bound, Shape::row_warp(t) * kRowsOfWarp, memory.norms);
  };
  team.alone([](int, State& state) { state.found.begin(); });
  score_wide_rows<kRows, kTile>(team, a, first, rows, memory, begin, take);
  team.each([&](int t, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < kRowsOfTensorThread; ++i) {
      memory.places.put(Shape::share(t), Shape::row_warp(t) * kRowsOfWarp + row_of_warp(t, i),
                        state.found.of(t, i, static_cast<std::uint32_t>(Shape::part(t)), Shape::kParts));
    }
  });
  team.each(
      [&](int t, State&) { conclude_tensor_row(t, first, a.screen, memory.norms, [&] { return memory.places.join(t); }); });
}

}  // namespace tessera::kernels
