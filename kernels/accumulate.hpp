// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/grid.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// Sums of a nearest pass, integers throughout: rows that changed their segment leave one sum and join another. The sums of a
// segment are d features, its weight and its rows, side by side.
namespace tessera::kernels {

inline constexpr int kAccumulateThreads = 256;
inline constexpr int kTileRows = kAccumulateThreads;  ///< rows whose moves are in shared memory at a time

/// What the rows of a tile do. Rows that stay where they are, or don't count, have from = to.
struct MoveMemory {
  std::int32_t from[kTileRows];
  std::int32_t to[kTileRows];
  float weight[kTileRows];
};

struct AccumulateState {};

/// Notes what row `row` of the slab does as place t of the tile, and that it did.
TESSERA_HOST_DEVICE inline void stage_move(const AccumulateArguments& a, std::int64_t row, int t, MoveMemory& moves) {
  std::int32_t from = -1;
  std::int32_t to = -1;
  float weight = 1.0F;
  if (row < a.slab.n) {
    if (a.label != nullptr) to = a.label[row];
    if (a.previous != nullptr) {
      from = a.previous[row];
      a.previous[row] = to;
    }
    if (a.slab.weights != nullptr) weight = a.slab.weights[row];
    if (!(weight > 0.0F)) to = from;
  }
  moves.from[t] = from;
  moves.to[t] = to;
  moves.weight[t] = weight;
}

/// What a row of this weight adds to one column of its segment's sums.
TESSERA_HOST_DEVICE inline std::int64_t column_units(const AccumulateArguments& a, std::int64_t row, int column, float weight) {
  const int d = a.slab.d;
  if (column < d) return exact::weighted_units(weight, a.slab.rows[row * d + column], {1.0, a.inverse[column]});
  return column == d ? exact::units_of(static_cast<double>(weight), {1.0, a.weight_inverse}) : 1;
}

/// Sums in shared memory: `partials` [groups x k x columns]. A thread owns a column of one group's copy, so that none needs an
/// atomic operation; the groups share out the rows of a tile.
template <typename Team>
TESSERA_HOST_DEVICE inline void accumulate_on_chip(Team& team, const AccumulateArguments& a, std::int64_t block,
                                                   std::int64_t blocks, MoveMemory& moves, std::int64_t* partials) {
  const int columns = a.slab.d + kExtraColumns;
  const int cells = a.k * columns;
  team.each([&](int t, AccumulateState&) {
    for (int i = t; i < a.groups * cells; i += kAccumulateThreads) partials[i] = 0;
  });
  for (std::int64_t first = block * kTileRows; first < a.slab.n; first += blocks * kTileRows) {
    team.each([&](int t, AccumulateState&) { stage_move(a, first + t, t, moves); });
    team.each([&](int t, AccumulateState&) {
      const int group = a.groups == 1 ? 0 : t / columns;
      if (group >= a.groups) return;
      std::int64_t* own = partials + std::int64_t{group} * cells;
      for (int column = t - group * columns; column < columns; column += kAccumulateThreads) {
        for (int r = group; r < kTileRows; r += a.groups) {
          const int from = moves.from[r];
          const int to = moves.to[r];
          if (from == to) continue;
          const std::int64_t units = column_units(a, first + r, column, moves.weight[r]);
          if (to >= 0) own[to * columns + column] += units;
          if (from >= 0) own[from * columns + column] -= units;
        }
      }
    });
  }
  team.each([&](int t, AccumulateState&) {
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
  for (std::int64_t first = block * kTileRows; first < a.slab.n; first += blocks * kTileRows) {
    team.each([&](int t, AccumulateState&) { stage_move(a, first + t, t, moves); });
    team.each([&](int t, AccumulateState&) {
      for (int i = t; i < kTileRows * columns; i += kAccumulateThreads) {
        const int r = i / columns;
        const int column = i % columns;
        const int from = moves.from[r];
        const int to = moves.to[r];
        if (from == to) continue;
        const std::int64_t units = column_units(a, first + r, column, moves.weight[r]);
        if (to >= 0) add_shared_total(a.sums + std::int64_t{to} * columns + column, units);
        if (from >= 0) add_shared_total(a.sums + std::int64_t{from} * columns + column, -units);
      }
    });
  }
}

/// Adds cell `i` of a slab's sums to the totals, and the objective with cell 0.
TESSERA_HOST_DEVICE inline void fold_cell(const FoldArguments& a, std::int64_t i) {
  if (a.sums != nullptr && i < a.cells) {
    a.totals[i] += a.sums[i];
    a.sums[i] = 0;
  }
  if (a.halves != nullptr && i == 0) {
    *a.objective += static_cast<Int128>(a.halves[0]) + static_cast<Int128>(a.halves[1]) * (std::int64_t{1} << 32);
    a.halves[0] = 0;
    a.halves[1] = 0;
  }
}

}  // namespace tessera::kernels
