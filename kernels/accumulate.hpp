// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/distance.hpp"
#include "exact/grid.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// Sums of a nearest pass, integers throughout: rows that changed their segment leave one sum and join another. The sums of a
// segment are d features, its weight and its rows, side by side.
namespace tessera::kernels {

inline constexpr int kAccumulateThreads = 256;
inline constexpr int kTileRows = kAccumulateThreads;  ///< rows whose moves are in shared memory at a time

inline constexpr int kMovesAhead = 8;  ///< moves whose cells a thread fetches before it adds them up
inline constexpr std::int32_t kNoGaps = -1;

/// The rows of a tile that move, in any order. Aligned as what comes behind it in shared memory, so that the two have the size
/// that a plan reckons with.
struct alignas(16) MoveMemory {
  std::int32_t count[2];          ///< of this tile and of the next one, in turn
  std::int32_t row[kTileRows];    ///< of the slab
  std::int32_t scale[kTileRows];  ///< exact::gap_scale of a row with gaps, whose features count elsewhere; else kNoGaps
  std::int32_t from[kTileRows];
  std::int32_t to[kTileRows];
  float weight[kTileRows];
};

struct AccumulateState {};

/// Notes what row `number` of the list does, if it moves and counts, and that it did.
/// @tparam kGapsOnly  rows with gaps alone, and that they did is not noted yet
template <bool kGapsOnly>
TESSERA_HOST_DEVICE inline void stage_move(const AccumulateArguments& a, int number, int turn, MoveMemory& moves) {
  const std::int64_t row = a.list.row(number);
  const std::int32_t to = a.label != nullptr ? a.label[row] : -1;
  const std::int32_t from = a.previous != nullptr ? a.previous[row] : -1;
  if (from == to) return;
  if constexpr (kGapsOnly) {
    if (!a.slab.is(row, kGapRow)) return;
  } else {
    if (a.previous != nullptr) a.previous[row] = to;
  }
  const float weight = a.slab.weights != nullptr ? a.slab.weights[row] : 1.0F;
  if (!(weight > 0.0F)) return;
  const std::int32_t place = take_place(&moves.count[turn]);
  moves.row[place] = static_cast<std::int32_t>(row);
  if constexpr (kGapsOnly) {
    moves.scale[place] = static_cast<std::int32_t>(exact::gap_scale(a.slab.rows + row * a.slab.d, a.columns, a.slab.d));
  } else {
    moves.scale[place] = a.slab.is(row, kGapRow) ? 0 : kNoGaps;
  }
  moves.from[place] = from;
  moves.to[place] = to;
  moves.weight[place] = weight;
}

/// Stages the moves of every tile of the block, one after the other, and calls work(t, moves) on every thread.
template <bool kGapsOnly = false, typename Team, typename Work>
TESSERA_HOST_DEVICE inline void for_each_tile(Team& team, const AccumulateArguments& a, std::int64_t block, std::int64_t blocks,
                                              MoveMemory& moves, Work work) {
  team.each([&](int t, AccumulateState&) {
    if (t < 2) moves.count[t] = 0;
  });
  int turn = 0;
  const int rows = a.list.size(a.slab);
  for (int first = static_cast<int>(block) * kTileRows; first < rows; first += static_cast<int>(blocks) * kTileRows) {
    team.each([&](int t, AccumulateState&) {
      if (first + t < rows) stage_move<kGapsOnly>(a, first + t, turn, moves);
    });
    team.each([&](int t, AccumulateState&) {
      if (t == 0) moves.count[1 - turn] = 0;
      work(t, moves.count[turn]);
    });
    turn = 1 - turn;
  }
}

/// 1 / unit of one column of the sums: features, weight, rows.
TESSERA_HOST_DEVICE inline double column_inverse(const AccumulateArguments& a, int column) {
  if (column < a.slab.d) return a.inverse[column];
  return column == a.slab.d ? a.weight_inverse : 1.0;
}

/// What a row of this weight adds to one column of its segment's sums. @param x  its feature, if the column is one
TESSERA_HOST_DEVICE inline std::int64_t column_units(int d, int column, double inverse, float x, float weight) {
  return exact::weighted_units(column > d ? 1.0F : weight, column < d ? x : 1.0F, {1.0, inverse});
}
TESSERA_HOST_DEVICE inline std::int64_t column_units(const AccumulateArguments& a, std::int64_t row, int column, float weight) {
  const int d = a.slab.d;
  const float x = column < d ? a.slab.rows[row * d + column] : 0.0F;
  return column_units(d, column, column_inverse(a, column), x, weight);
}

/// Sums in shared memory: `partials` [groups x k x columns]. A thread owns a column of one group's copy, so that none needs an
/// atomic operation; the groups share out the rows of a tile.
template <typename Team>
TESSERA_HOST_DEVICE inline void accumulate_on_chip(Team& team, const AccumulateArguments& a, std::int64_t block,
                                                   std::int64_t blocks, MoveMemory& moves, std::int64_t* partials) {
  if (block * kTileRows >= a.list.size(a.slab)) return;
  const int columns = a.slab.d + kExtraColumns;
  const int cells = a.k * columns;
  team.alone([&](int t, AccumulateState&) {
    for (int i = t; i < a.groups * cells; i += kAccumulateThreads) partials[i] = 0;
  });
  for_each_tile(team, a, block, blocks, moves, [&](int t, int count) {
    const int group = a.groups == 1 ? 0 : t / columns;
    if (group >= a.groups || group >= count) return;
    std::int64_t* own = partials + std::int64_t{group} * cells;
    for (int column = t - group * columns; column < columns; column += kAccumulateThreads) {
      const double inverse = column_inverse(a, column);
      const float* feature = a.slab.rows + (column < a.slab.d ? column : 0);
      for (int i = group; i < count; i += kMovesAhead * a.groups) {
        float x[kMovesAhead];  // all are read before anything is made of them, so that they are waited for together
        TESSERA_UNROLL
        for (int next = 0; next < kMovesAhead; ++next) {
          const int move = i + next * a.groups;
          x[next] = feature[std::int64_t{moves.row[move < count ? move : i]} * a.slab.d];
        }
        std::int64_t units[kMovesAhead];
        TESSERA_UNROLL
        for (int next = 0; next < kMovesAhead; ++next) {
          const int move = i + next * a.groups;
          units[next] = column_units(a.slab.d, column, inverse, x[next], moves.weight[move < count ? move : i]);
        }
        TESSERA_UNROLL
        for (int next = 0; next < kMovesAhead; ++next) {
          const int move = i + next * a.groups;
          if (move >= count) break;
          if (column < a.slab.d && moves.scale[move] != kNoGaps) continue;
          if (moves.to[move] >= 0) own[moves.to[move] * columns + column] += units[next];
          if (moves.from[move] >= 0) own[moves.from[move] * columns + column] -= units[next];
        }
      }
    }
  });
  team.alone([&](int t, AccumulateState&) {
    for (int i = t; i < cells; i += kAccumulateThreads) {
      std::int64_t sum = 0;
      for (int group = 0; group < a.groups; ++group) sum += partials[std::int64_t{group} * cells + i];
      if (sum != 0) add_shared_total(a.sums + i, sum);
    }
  });
}

/// Sums that shared memory has no room for: every cell of a row straight to device memory.
template <typename Team>
TESSERA_HOST_DEVICE inline void accumulate_in_memory(Team& team, const AccumulateArguments& a, std::int64_t block,
                                                     std::int64_t blocks, MoveMemory& moves) {
  const int columns = a.slab.d + kExtraColumns;
  for_each_tile(team, a, block, blocks, moves, [&](int t, int count) {
    for (int cell = t; cell < count * columns; cell += kAccumulateThreads) {
      const int i = cell / columns;
      const int column = cell % columns;
      if (column < a.slab.d && moves.scale[i] != kNoGaps) continue;
      const std::int64_t units = column_units(a, moves.row[i], column, moves.weight[i]);
      if (moves.to[i] >= 0) add_shared_total(a.sums + std::int64_t{moves.to[i]} * columns + column, units);
      if (moves.from[i] >= 0) add_shared_total(a.sums + std::int64_t{moves.from[i]} * columns + column, -units);
    }
  });
}

/// Adds cell `i` of a slab's sums to the totals.
TESSERA_HOST_DEVICE inline void fold_cell(const FoldArguments& a, std::int64_t i) {
  if (i < a.cells) {
    a.totals[i] += a.sums[i];
    a.sums[i] = 0;
    if (a.host.totals != nullptr) a.host.totals[i] = a.totals[i];
  } else if (i < a.cells + a.gap_cells) {
    std::int64_t* low = a.gap_halves + (i - a.cells);
    std::int64_t* high = low + a.gap_cells;
    a.totals[i] += static_cast<Int128>(*low) + static_cast<Int128>(*high) * (std::int64_t{1} << 32);
    *low = *high = 0;
  }
}

/// Adds up the objective, and concludes what was counted.
TESSERA_HOST_DEVICE inline void conclude_counters(const FoldArguments& a) {
  if (a.counters == nullptr) return;
  Counters& counters = *a.counters;
  if (a.objective) {
    counters.objective += static_cast<Int128>(counters.halves[0]) +
                          static_cast<Int128>(counters.halves[1]) * (std::int64_t{1} << kObjectiveLowBits);
    counters.halves[0] = counters.halves[1] = 0;
  }
  for (std::int32_t& rows : counters.listed_rows) rows = 0;
  if (a.host.counters != nullptr) *a.host.counters = counters;
}

}  // namespace tessera::kernels
