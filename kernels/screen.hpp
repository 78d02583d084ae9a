// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/certificate.hpp"
#include "kernels/best_score.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// The screen of a nearest pass in float32: scores of every row and centroid, and the certificate of docs/numerics.md,
// section 5. A block of threads scores a tile of rows against one block of centroids after the other. Rows that are not
// certified are appended to a list.
namespace tessera::kernels {

/// Who scores what: a thread has 4 centroids of a tile and kRowsOfThread rows. Narrow tiles take more rows, so that few
/// centroids keep all threads busy.
template <int kTile>
struct ScreenShape {
  static constexpr int kThreads = 256;
  static constexpr int kStep = 16;            ///< features in shared memory at a time
  static constexpr int kColumns = kTile / 4;  ///< threads beside each other
  static constexpr int kRowsOfThread = kTile == 64 ? 8 : 4;
  static constexpr int kRows = kThreads / kColumns * kRowsOfThread;
};

/// Some features of a block's rows and of a tile of centroids.
template <int kTile>
struct ScreenTiles {
  using Shape = ScreenShape<kTile>;
  Float4 rows[Shape::kStep][Shape::kRows / 4 + 1];  // one more, to spread the writes over the banks
  Float4 centroids[Shape::kStep][Shape::kColumns];
};

/// Shared memory of a block. Scores' tiles and what threads tell each other in the end are never there at the same time.
template <int kTile, bool kPair>
struct ScreenMemory {
  using Shape = ScreenShape<kTile>;
  static constexpr int kPlaces = kPair ? Shape::kColumns / 2 : Shape::kColumns;  ///< what there is room for
  static constexpr std::size_t kStride = Shape::kRows + 1;  ///< of rows, to spread the writes over the banks
  union {
    ScreenTiles<kTile> tiles;
    BestPlaces<kPair, static_cast<std::size_t>(kPlaces), kStride> places;
    float squares[Shape::kColumns][kStride];
  };
  float norm[Shape::kRows];
};

/// What a thread keeps in registers.
template <int kTile, bool kPair>
struct ScreenState {
  using Shape = ScreenShape<kTile>;
  float score[Shape::kRowsOfThread][4];
  float squares[Shape::kRowsOfThread];
  BestScore<kPair> best[Shape::kRowsOfThread];
};

/// Brings features [feature, feature + count) of the block's rows and of centroid block `b` into shared memory.
template <int kTile>
TESSERA_HOST_DEVICE inline void load_tiles(int t, const ScreenArguments& a, int first, int b, int feature, int count,
                                           ScreenTiles<kTile>& tiles) {
  using Shape = ScreenShape<kTile>;
  const int left = a.list.size(a.slab) - first;
  const int inside = left < Shape::kRows ? left : Shape::kRows;
  const int j = t % Shape::kStep;
  for (int r = t / Shape::kStep; r < Shape::kRows; r += Shape::kThreads / Shape::kStep) {
    float x = 0.0F;
    if (j < count && r < inside) {
      x = a.centroids.frame.at(a.slab.rows[std::int64_t{a.list.row(first + r)} * a.slab.d + feature + j], feature + j);
    }
    tiles.rows[j][r / 4].v[r % 4] = x;
  }
  const int p = t % kTile;
  const float* packed = a.centroids.packed + (std::int64_t{b} * a.slab.d + feature) * kTile + p;
  TESSERA_UNROLL
  for (int i = t / kTile; i < Shape::kStep; i += Shape::kThreads / kTile) {
    if (i < count) tiles.centroids[i][p / 4].v[p % 4] = packed[std::int64_t{i} * kTile];
  }
}

/// Adds `count` features to the thread's scores, features ascending, each by one fused multiplication and addition.
template <int kTile, bool kPair>
TESSERA_HOST_DEVICE inline void add_scores(int t, const ScreenTiles<kTile>& tiles, int count,
                                           ScreenState<kTile, kPair>& state) {
  using Shape = ScreenShape<kTile>;
  constexpr int kQuads = Shape::kRowsOfThread / 4;
  const int column = t % Shape::kColumns;
  const int quad = t / Shape::kColumns * kQuads;
  for (int j = 0; j < count; ++j) {
    const Float4 c = tiles.centroids[j][column];
    TESSERA_UNROLL
    for (int q = 0; q < kQuads; ++q) {
      const Float4 x = tiles.rows[j][quad + q];
      TESSERA_UNROLL
      for (int i = 0; i < 4; ++i) {
        TESSERA_UNROLL
        for (int p = 0; p < 4; ++p) state.score[4 * q + i][p] = fmaf(x.v[i], c.v[p], state.score[4 * q + i][p]);
      }
    }
  }
}

/// Adds the squares of the thread's share of `count` features of its rows.
template <int kTile, bool kPair>
TESSERA_HOST_DEVICE inline void add_squares(int t, const ScreenTiles<kTile>& tiles, int count,
                                            ScreenState<kTile, kPair>& state) {
  using Shape = ScreenShape<kTile>;
  const int row = t / Shape::kColumns * Shape::kRowsOfThread;
  for (int j = t % Shape::kColumns; j < count; j += Shape::kColumns) {
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) {
      const float x = tiles.rows[j][(row + i) / 4].v[i % 4];
      state.squares[i] = fmaf(x, x, state.squares[i]);
    }
  }
}

/// Scores the block's rows, from number `first` on of those that are to be screened, against centroid block `b`. Calls
/// beside(thread, count, state) with every few features in shared memory.
template <int kTile, bool kPair, typename Team, typename Beside>
TESSERA_HOST_DEVICE inline void score_block(Team& team, const ScreenArguments& a, int first, int b, ScreenTiles<kTile>& tiles,
                                            Beside beside) {
  using Shape = ScreenShape<kTile>;
  using State = ScreenState<kTile, kPair>;
  team.alone([&](int t, State& state) {
    const float* start = a.centroids.start + b * kTile + t % Shape::kColumns * 4;
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) {
      TESSERA_UNROLL
      for (int p = 0; p < 4; ++p) state.score[i][p] = start[p];
    }
  });
  for (int feature = 0; feature < a.slab.d; feature += Shape::kStep) {
    const int count = a.slab.d - feature < Shape::kStep ? a.slab.d - feature : Shape::kStep;
    team.each([&](int t, State&) { load_tiles<kTile>(t, a, first, b, feature, count, tiles); });
    team.each([&](int t, State& state) {
      add_scores<kTile, kPair>(t, tiles, count, state);
      beside(t, count, state);
    });
  }
}

/// Takes the scores of centroid block `b` into the best of the thread's rows.
template <int kTile, bool kPair>
TESSERA_HOST_DEVICE inline void take_scores(int t, const Centroids& centroids, int b, const float* norm,
                                            ScreenState<kTile, kPair>& state) {
  using Shape = ScreenShape<kTile>;
  const int place = b * kTile + t % Shape::kColumns * 4;
  const int row = t / Shape::kColumns * Shape::kRowsOfThread;
  const float block_norm = centroids.block_norm[b];
  TESSERA_UNROLL
  for (int i = 0; i < Shape::kRowsOfThread; ++i) {
    const float error = centroids.bound.error(norm[row + i], block_norm);
    TESSERA_UNROLL
    for (int p = 0; p < 4; ++p) state.best[i].offer(state.score[i][p] - error, state.score[i][p] + error, place + p);
  }
}

/// Leaves the best of the thread's rows in shared memory.
template <int kTile, bool kPair, typename Team>
TESSERA_HOST_DEVICE inline void put_places(Team& team, ScreenMemory<kTile, kPair>& memory) {
  using Shape = ScreenShape<kTile>;
  using State = ScreenState<kTile, kPair>;
  constexpr int kPlaces = ScreenMemory<kTile, kPair>::kPlaces;
  const auto for_each_row = [](int t, auto visit) {
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) visit(i, t / Shape::kColumns * Shape::kRowsOfThread + i);
  };
  constexpr bool kHandsOver = kPlaces < Shape::kColumns;  // one half of the threads to the other
  if constexpr (kHandsOver) {
    team.each([&](int t, State& state) {
      const int column = t % Shape::kColumns;
      if (column < kPlaces) return;
      for_each_row(t, [&](int i, int row) { memory.places.put(column - kPlaces, row, state.best[i]); });
    });
  }
  team.each([&](int t, State& state) {
    const int column = t % Shape::kColumns;
    if (column >= kPlaces) return;
    for_each_row(t, [&](int i, int row) {
      if constexpr (kHandsOver) state.best[i].join(memory.places.get(column, row));
      memory.places.put(column, row, state.best[i]);
    });
  });
}

/// Screens rows [block kRows, block kRows + kRows) of those that are to be screened.
template <int kTile, bool kPair, typename Team>
TESSERA_HOST_DEVICE inline void screen_rows(Team& team, const ScreenArguments& a, int block,
                                            ScreenMemory<kTile, kPair>& memory) {
  using Shape = ScreenShape<kTile>;
  using State = ScreenState<kTile, kPair>;
  const int first = block * Shape::kRows;
  team.alone([&](int, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) {
      state.squares[i] = 0.0F;
      state.best[i] = BestScore<kPair>();
    }
  });
  for (int b = 0; b < a.centroids.blocks; ++b) {
    score_block<kTile, kPair>(team, a, first, b, memory.tiles, [&](int t, int count, State& state) {
      if (b == 0) add_squares<kTile, kPair>(t, memory.tiles, count, state);
    });
    if (b == 0) {
      team.each([&](int t, State& state) {
        TESSERA_UNROLL
        for (int i = 0; i < Shape::kRowsOfThread; ++i) {
          memory.squares[t % Shape::kColumns][t / Shape::kColumns * Shape::kRowsOfThread + i] = state.squares[i];
        }
      });
      team.each([&](int t, State&) {
        if (t >= Shape::kRows) return;
        float sum = 0.0F;
        for (int column = 0; column < Shape::kColumns; ++column) sum = sum + memory.squares[column][t];
        memory.norm[t] = exact::upper_norm(sum, a.slab.d);
      });
    }
    team.alone([&](int t, State& state) { take_scores<kTile, kPair>(t, a.centroids, b, memory.norm, state); });
  }
  put_places<kTile, kPair>(team, memory);
  team.each([&](int t, State&) {
    if (t >= Shape::kRows || first + t >= a.list.size(a.slab)) return;
    const float norm = memory.norm[t];
    conclude_row(a, a.list.row(first + t), memory.places.join(t), norm, exact::screen_is_safe(norm, *a.centroids.largest_norm));
  });
}

}  // namespace tessera::kernels
