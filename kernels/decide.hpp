// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/certificate.hpp"
#include "exact/distance.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/open_block.hpp"
#include "kernels/screen.hpp"
#include "kernels/team.hpp"

// Decides the rows of the screen's list: their scores are found again, tile by tile as in the screen, and what centroids are
// candidates by them is noted; the reference distances of those decide, ties to the lowest index. Measures the distances of the
// others, and of pairs says which is the nearest.
namespace tessera::kernels {

inline constexpr std::size_t kCandidates = 8;  ///< of a row that there is room for
inline constexpr int kLanes = 32;              ///< threads that share a row with more, one centroid each at a time

/// Shared memory of a block.
template <int kTile>
struct DecideMemory {
  using Shape = ScreenShape<kTile>;
  static constexpr auto kRows = static_cast<std::size_t>(Shape::kRows);
  union {
    ScreenTiles<kTile> tiles;
    CandidateDistances<kRows, kCandidates> distances;  // when the tiles are done with
  };
  OpenRow open[kRows];
  Candidates<kRows, kCandidates> candidates;
  std::int32_t crowded[kRows];  ///< rows that have more candidates than there is room for
  std::int32_t crowded_count;
  exact::TwoNearest nearest[static_cast<std::size_t>(Shape::kThreads)];
};

/// Notes which centroids of block `b` are candidates by the thread's scores.
template <int kTile>
TESSERA_HOST_DEVICE inline void note_candidates(int t, const Centroids& centroids, int b, int rows,
                                                const ScreenState<kTile, false>& state, DecideMemory<kTile>& memory) {
  using Shape = ScreenShape<kTile>;
  const int place = b * kTile + t % Shape::kColumns * 4;
  TESSERA_UNROLL
  for (int i = 0; i < Shape::kRowsOfThread; ++i) {
    const int row = t / Shape::kColumns * Shape::kRowsOfThread + i;
    if (row >= rows) continue;
    const OpenRow open = memory.open[row];
    const float error = centroids.bound.error(open.norm, centroids.block_norm[b]);
    TESSERA_UNROLL
    for (int p = 0; p < 4; ++p) {
      const std::int32_t c = centroids.place_centroid[place + p];
      if (c < 0 || (open.threshold > -INFINITY && state.score[i][p] + error < open.threshold)) continue;
      memory.candidates.note(row, c);
    }
  }
}

/// Finds the candidates of rows [first, first + rows) of the list.
template <int kTile, typename Team>
TESSERA_HOST_DEVICE inline void find_candidates(Team& team, const DecideArguments& a, int first, int rows,
                                                DecideMemory<kTile>& memory) {
  using State = ScreenState<kTile, false>;
  const ScreenArguments screen{
      .slab = a.slab, .centroids = a.centroids, .list = a.open.listed(), .open = {}, .gaps = {}, .results = {}};
  team.alone([&](int t, State&) {
    if (t < rows) memory.open[t] = a.open.entries[first + t];
    memory.candidates.begin(t);
  });
  for (int b = 0; b < a.centroids.blocks; ++b) {
    score_block<kTile, false>(team, screen, first, b, memory.tiles, [](int, int, State&) {});
    team.alone([&](int t, State& state) { note_candidates<kTile>(t, a.centroids, b, rows, state, memory); });
  }
  team.each([&](int t, State&) {  // counts are complete
    if (t == 0) memory.crowded_count = 0;
  });
}

/// Joins the two nearest of other centroids.
TESSERA_HOST_DEVICE inline void join(exact::TwoNearest& nearest, const exact::TwoNearest& other) {
  if (other.first >= 0) nearest.offer_in_any_order(other.first, other.first_distance2);
  if (other.second >= 0) nearest.offer_in_any_order(other.second, other.second_distance2);
}

/// Whether the score of the centroid at `place` leaves it among the candidates of an open row.
TESSERA_HOST_DEVICE inline bool is_candidate(const Centroids& centroids, const float* x, int d, const OpenRow& open,
                                             int place) {
  if (!(open.threshold > -INFINITY)) return true;
  const int b = place / centroids.tile;
  const float* c = centroids.packed + std::int64_t{b} * d * centroids.tile + place % centroids.tile;
  float score = centroids.start[place];
  for (int j = 0; j < d; ++j) score = fmaf(centroids.frame.at(x[j], j), c[std::int64_t{j} * centroids.tile], score);
  return !(score + centroids.bound.error(open.norm, centroids.block_norm[b]) < open.threshold);
}

/// One lane's share of the centroids of an open row.
TESSERA_HOST_DEVICE inline exact::TwoNearest nearest_of_lane(const DecideArguments& a, const OpenRow& open, int lane) {
  const float* x = a.slab.rows + std::int64_t{open.row} * a.slab.d;
  exact::TwoNearest nearest;
  for (int place = lane; place < a.centroids.blocks * a.centroids.tile; place += kLanes) {
    const std::int32_t c = a.centroids.place_centroid[place];
    if (c < 0 || !is_candidate(a.centroids, x, a.slab.d, open, place)) continue;
    nearest.offer_in_any_order(c, exact::reference_distance2(x, a.centroids.centroids + std::int64_t{c} * a.slab.d, a.slab.d));
  }
  return nearest;
}

/// Decides the rows with more candidates than there is room for, kLanes threads a row.
template <int kTile, typename Team>
TESSERA_HOST_DEVICE inline void decide_crowded(Team& team, const DecideArguments& a, DecideMemory<kTile>& memory) {
  using State = ScreenState<kTile, false>;
  constexpr int kRowsAtOnce = ScreenShape<kTile>::kThreads / kLanes;
  const int count = memory.crowded_count;
  for (int first = 0; first < count; first += kRowsAtOnce) {
    team.each([&](int t, State&) {
      exact::TwoNearest nearest;
      if (const int i = first + t / kLanes; i < count) nearest = nearest_of_lane(a, memory.open[memory.crowded[i]], t % kLanes);
      memory.nearest[t] = nearest;
    });
    for (int step = kLanes / 2; step > 0; step /= 2) {
      team.each([&](int t, State&) {
        if (t % kLanes < step) join(memory.nearest[t], memory.nearest[t + step]);
      });
    }
    team.each([&](int t, State&) {
      const int i = first + t / kLanes;
      if (t % kLanes != 0 || i >= count) return;
      const std::int64_t row = memory.open[memory.crowded[i]].row;
      write_result(a.results, row, memory.nearest[t]);
      a.results.kept.keep_nothing(row);
    });
  }
}

/// Decides what a block takes of the list from row number `first` on.
template <int kTile, typename Team>
TESSERA_HOST_DEVICE inline void decide_rows(Team& team, const DecideArguments& a, int first, DecideMemory<kTile>& memory) {
  constexpr int kRows = ScreenShape<kTile>::kRows;
  const int left = *a.open.count - first;
  const int rows = left < kRows ? left : kRows;
  find_candidates<kTile>(team, a, first, rows, memory);
  const auto crowd = [&](int row) {
    add_shared_total(a.reference_rows, 1);
    memory.crowded[take_place(&memory.crowded_count)] = row;
  };
  decide_few(team, ScreenShape<kTile>::kThreads, a, memory.open, rows, memory.candidates, memory.distances, crowd);
  decide_crowded<kTile>(team, a, memory);
}

/// The reference distance of a labelled row to its segment, and to the runner-up, if there is one: says which is which. Those
/// of rows with gaps are known.
TESSERA_HOST_DEVICE inline void measure_row(const MeasureArguments& a, std::int64_t row) {
  const std::int32_t label = a.results.label[row];
  if (label < 0 || a.slab.is(row, kGapRow)) return;
  const int d = a.slab.d;
  const float* x = a.slab.rows + row * d;
  exact::TwoNearest nearest;
  nearest.offer_in_any_order(label, distance2_by_fours(x, a.centroids + std::int64_t{label} * d, d));
  if (const std::int32_t second = a.results.second != nullptr ? a.results.second[row] : -1; second >= 0) {
    nearest.offer_in_any_order(second, distance2_by_fours(x, a.centroids + std::int64_t{second} * d, d));
  }
  write_result(a.results, row, nearest);
}

}  // namespace tessera::kernels
