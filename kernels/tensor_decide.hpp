// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/nearest_arguments.hpp"
#include "kernels/open_block.hpp"
#include "kernels/team.hpp"
#include "kernels/tensor_product.hpp"
#include "kernels/tensor_rows.hpp"
#include "kernels/tensor_screen.hpp"
#include "kernels/tensor_tile.hpp"
#include "kernels/wide_screen.hpp"

// Decides most of the rows that the screen on matrix units leaves open, a few in a hundred: their scores are found again, as
// there, and the reference distances of the centroids that are candidates by them decide. Rows with many candidates go on to
// the float32 screen, whose bound is a hundredth.
namespace tessera::kernels {

inline constexpr int kTensorDecideThreads = 128;  ///< fewer than those of the screen, so that few rows keep more blocks busy
inline constexpr std::size_t kTensorDecideRows = kTensorDecideThreads;
inline constexpr std::size_t kTensorCandidates = 8;  ///< of a row that there is room for
inline constexpr std::size_t kWideDecideRows = 64;
inline constexpr std::size_t kWideCandidates = 4;  ///< rows leave little room

/// Shared memory of a block.
template <std::size_t kSteps, std::size_t kTile>
struct TensorDecideMemory {
  union {
    TensorTile<kSteps, kTile> tiles[2];
    CandidateDistances<kTensorDecideRows, kTensorCandidates> distances;  // when the tiles are done with
  };
  SharedSquares<kTensorShares, kTensorDecideRows + kWarp / kTensorShares> squares;
  TensorNorms<kTensorDecideRows> norms;
  Candidates<kTensorDecideRows, kTensorCandidates> candidates;
};

/// What a thread keeps in registers.
template <std::size_t kSteps>
struct TensorDecideState {
  RowWords rows[kSteps];
  PairScores score;
  Words4 columns;
  Float4 start[2];
  float limit[kRowsOfTensorThread];  ///< see find_limits
};

/// Finds the limits of a thread's rows for the centroids of a tile: those whose scores are less are not among the nearest for
/// certain. @param first  of the warp's rows  @param open  the block's rows, of which there are `rows`
template <std::size_t kRows>
TESSERA_HOST_DEVICE inline void find_limits(int t, int first, const OpenRow* open, int rows,
                                            const exact::TensorBound::OfCentroids& bound, const TensorNorms<kRows>& norms,
                                            float (&limit)[kRowsOfTensorThread]) {
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) {
    const int row = first + row_of_warp(t, i);
    const float error = bound.error(norms.norm[row], norms.rest[row]);
    limit[i] = row < rows ? open[row].threshold - error : INFINITY;  // nobody asks for those behind
  }
}

/// Notes which of 16 centroids are candidates of a thread's rows. @param centroids  their numbers, -1: none
template <std::size_t kRows, std::size_t kSlots>
TESSERA_HOST_DEVICE inline void note_candidates(int t, int first, const std::int32_t* centroids, const PairScores& score,
                                                const float (&limit)[kRowsOfTensorThread],
                                                Candidates<kRows, kSlots>& candidates) {
  TESSERA_UNROLL
  for (int i = 0; i < kRowsOfTensorThread; ++i) {
    TESSERA_UNROLL
    for (int j = 0; j < 4; ++j) {
      if (score[i / 2][j / 2][i % 2 * 2 + j % 2] < limit[i]) continue;
      const std::int32_t c = centroids[j / 2 * kProductColumns + t % kTensorShares * 2 + j % 2];
      if (c >= 0) candidates.note(first + row_of_warp(t, i), c);
    }
  }
}

/// Decides a block's rows whose candidates are known; crowded ones are listed.
template <std::size_t kRows, std::size_t kSlots, typename Team>
TESSERA_HOST_DEVICE inline void decide_noted(Team& team, int threads, const TensorDecideArguments& a, const OpenRow* open,
                                             int rows, const Candidates<kRows, kSlots>& candidates,
                                             CandidateDistances<kRows, kSlots>& distances) {
  decide_few(team, threads, a.decide, open, rows, candidates, distances,
             [&](int row) { a.crowded.entries[take_place(a.crowded.count)] = open[row]; });
}

/// Decides what a block takes of the list from row number `first` on.
template <std::size_t kSteps, std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void decide_on_tensors(Team& team, const TensorDecideArguments& a, int first,
                                                  TensorDecideMemory<kSteps, kTile>& memory) {
  using State = TensorDecideState<kSteps>;
  const TensorScreenArguments& screened = a.screened;
  const Centroids& centroids = screened.screen.centroids;
  const OpenRow* open = a.decide.open.entries + first;
  const int left = *a.decide.open.count - first;
  const int rows = left < kTensorDecideThreads ? left : kTensorDecideThreads;
  team.each([&](int t, State& state) {
    begin_tile<kTensorDecideThreads>(t, screened, 0, memory.tiles[0]);
    memory.candidates.begin(t);
    load_tensor_rows(t, screened.screen, first, state.rows, memory.squares);
    finish_copies();
  });
  team.each_warp([&](int t, State&) { memory.squares.join(t, kSteps * kProductTerms, memory.norms); });
  for (int b = 0; b < centroids.blocks; ++b) {
    const TensorTile<kSteps, kTile>& tile = memory.tiles[b % 2];
    team.alone([&](int t, State& state) {
      if (b + 1 < centroids.blocks) begin_tile<kTensorDecideThreads>(t, screened, b + 1, memory.tiles[(b + 1) % 2]);
      find_limits(t, first_of_warp(t), open, rows, tile.head.bound, memory.norms, state.limit);
    });
    TESSERA_NO_UNROLL
    for (int pair = 0; pair < static_cast<int>(kTile / kNarrowTile); ++pair) {
      score_pair(team, pair, tile);
      team.alone([&](int t, State& state) {
        const int place = b * static_cast<int>(kTile) + pair * static_cast<int>(kNarrowTile);
        note_candidates(t, first_of_warp(t), centroids.place_centroid + place, state.score, state.limit, memory.candidates);
      });
    }
    team.each([&](int, State&) { finish_copies(); });
  }
  decide_noted(team, kTensorDecideThreads, a, open, rows, memory.candidates, memory.distances);
}

/// Shared memory of a block for rows of many features, before its rows.
template <std::size_t kTile>
struct WideDecideMemory {
  union {
    WideScreenMemory<kWideDecideRows, kTile> screen;
    CandidateDistances<kWideDecideRows, kWideCandidates> distances;  // when the scores are done with
  };
  Candidates<kWideDecideRows, kWideCandidates> candidates;
};

/// Shared memory of a block for rows of so many steps.
template <std::size_t kTile>
[[nodiscard]] constexpr std::int64_t wide_decide_bytes(std::int64_t steps) {
  return wide_screen_bytes<kWideDecideRows, kTile>(steps) + static_cast<std::int64_t>(sizeof(WideDecideMemory<kTile>)) -
         static_cast<std::int64_t>(sizeof(WideScreenMemory<kWideDecideRows, kTile>));
}

/// What a thread keeps in registers, of rows that are in shared memory.
template <std::size_t kTile>
struct WideDecideState {
  RowWords rows;
  Words4 columns;
  PairScores score[WideShape<kWideDecideRows, kTile>::kPairs];
  PairScores slice[WideShape<kWideDecideRows, kTile>::kPairs];
  float limit[kRowsOfTensorThread];
};

/// The same for rows of many features. @param steps  see score_wide_rows
template <std::size_t kTile, typename Team>
TESSERA_HOST_DEVICE inline void decide_wide_rows(Team& team, const TensorDecideArguments& a, int first, WideStep* steps,
                                                 WideDecideMemory<kTile>& memory) {
  using Shape = WideShape<kWideDecideRows, kTile>;
  using State = WideDecideState<kTile>;
  const OpenRow* open = a.decide.open.entries + first;
  const int left = *a.decide.open.count - first;
  const int rows = left < static_cast<int>(kWideDecideRows) ? left : static_cast<int>(kWideDecideRows);
  const auto first_row = [](int t) { return Shape::row_warp(t) * kRowsOfWarp; };
  team.alone([&](int t, State&) { memory.candidates.begin(t); });
  const auto begin = [&](int t, int b, State& state) {
    find_limits(t, first_row(t), open, rows, memory.screen.heads[b % 2].bound, memory.screen.norms, state.limit);
  };
  const auto take = [&](int t, int b, State& state) {
    TESSERA_UNROLL
    for (int pair = 0; pair < Shape::kPairs; ++pair) {
      const int place = b * static_cast<int>(kTile) + (Shape::part(t) * Shape::kPairs + pair) * static_cast<int>(kNarrowTile);
      note_candidates(t, first_row(t), a.screened.screen.centroids.place_centroid + place, state.score[pair], state.limit,
                      memory.candidates);
    }
  };
  score_wide_rows<kWideDecideRows, kTile>(team, a.screened, first, steps, memory.screen, begin, take);
  decide_noted(team, Shape::kThreads, a, open, rows, memory.candidates, memory.distances);
}

}  // namespace tessera::kernels
