// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "exact/certificate.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// The screen of a nearest pass: float32 scores of every row and centroid, and the certificate of docs/numerics.md, section 5.
// A block of threads scores a tile of rows against one block of centroids after the other. Rows that are not certified are
// appended to a list.
namespace tessera::kernels {

struct alignas(16) Float4 {
  float v[4];
};

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

/// Shared memory of a block. Scores' tiles and what threads tell each other in the end are never there at the same time.
template <int kTile>
struct ScreenMemory {
  using Shape = ScreenShape<kTile>;
  struct Tiles {
    Float4 rows[Shape::kStep][Shape::kRows / 4 + 1];  // one more, to spread the writes over the banks
    Float4 centroids[Shape::kStep][Shape::kColumns];
  };
  struct Places {
    float lower[Shape::kColumns][Shape::kRows];
    float upper[Shape::kColumns][Shape::kRows];
    float rival[Shape::kColumns][Shape::kRows];  ///< or the second lower
    std::int32_t place[Shape::kColumns][Shape::kRows];
  };
  union {
    Tiles tiles;
    Places places;
    float squares[Shape::kColumns][Shape::kRows];
  };
  float norm[Shape::kRows];
};

/// The best of some centroids for one row. A centroid's true score lies between `lower` and `upper` = score -+ bound.
/// kPair: the two greatest lower bounds; else the greatest, and the greatest upper bound of all others.
template <bool kPair>
struct BestScore {
  float lower = -INFINITY;
  float upper = -INFINITY;
  float rival = -INFINITY;  ///< greatest upper bound of the others; kPair: second greatest lower bound
  std::int32_t place = -1;

  TESSERA_HOST_DEVICE void offer(float other_lower, float other_upper, std::int32_t other_place) {
    const bool better = other_lower > lower;
    if constexpr (kPair) {
      rival = fmaxf(rival, better ? lower : other_lower);
    } else {
      rival = fmaxf(rival, better ? upper : other_upper);
    }
    lower = better ? other_lower : lower;
    upper = better ? other_upper : upper;
    place = better ? other_place : place;
  }
  /// Joins the best of other centroids.
  TESSERA_HOST_DEVICE void join(const BestScore& other) {
    offer(other.lower, other.upper, other.place);
    rival = fmaxf(rival, other.rival);
  }
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
TESSERA_HOST_DEVICE inline void load_tiles(int t, const ScreenArguments& a, std::int64_t first, int b, int feature, int count,
                                           typename ScreenMemory<kTile>::Tiles& tiles) {
  using Shape = ScreenShape<kTile>;
  const int d = a.slab.d;
  const float* rows = a.slab.rows + first * d + feature;
  const int inside = static_cast<int>(a.slab.n - first);
  for (int i = t; i < Shape::kRows * Shape::kStep; i += Shape::kThreads) {
    const int j = i % Shape::kStep;
    const int r = i / Shape::kStep;
    tiles.rows[j][r / 4].v[r % 4] = j < count && r < inside ? rows[r * d + j] : 0.0F;
  }
  const float* packed = a.centroids.packed + (std::int64_t{b} * d + feature) * kTile;
  for (int i = t; i < kTile * count; i += Shape::kThreads) {
    const int p = i % kTile;
    tiles.centroids[i / kTile][p / 4].v[p % 4] = packed[i];
  }
}

/// Adds `count` features to the thread's scores, features ascending, each by one fused multiplication and addition.
template <int kTile, bool kPair>
TESSERA_HOST_DEVICE inline void add_scores(int t, const typename ScreenMemory<kTile>::Tiles& tiles, int count,
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
TESSERA_HOST_DEVICE inline void add_squares(int t, const typename ScreenMemory<kTile>::Tiles& tiles, int count,
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

/// The label of the block's row r if it is certified, else a place in the list.
template <int kTile, bool kPair>
TESSERA_HOST_DEVICE inline void conclude_row(const ScreenArguments& a, std::int64_t row, const BestScore<kPair>& best,
                                             float norm) {
  if (a.slab.flags != nullptr && (a.slab.flags[row] & kRejectedRow) != 0) {
    a.results.label[row] = -1;
    if (a.results.distance2 != nullptr) a.results.distance2[row] = static_cast<double>(NAN);
    if (a.results.second != nullptr) a.results.second[row] = -1;
    if (a.results.second_distance2 != nullptr) a.results.second_distance2[row] = static_cast<double>(NAN);
    return;
  }
  const bool safe = exact::screen_is_safe(norm, a.centroids.largest_norm);
  if (!kPair && !a.list_all && safe && best.lower > best.rival) {
    a.results.label[row] = a.centroids.place_centroid[best.place];
    return;
  }
  const float threshold = kPair ? best.rival : best.lower;
  a.open.entries[take_place(a.open.count)] = {static_cast<std::int32_t>(row), safe ? threshold : -INFINITY, norm};
}

/// Screens the rows of block number `block`.
template <int kTile, bool kPair, typename Team>
TESSERA_HOST_DEVICE inline void screen_rows(Team& team, const ScreenArguments& a, std::int64_t block,
                                            ScreenMemory<kTile>& memory) {
  using Shape = ScreenShape<kTile>;
  using State = ScreenState<kTile, kPair>;
  const std::int64_t first = block * Shape::kRows;
  team.each([&](int, State& state) {
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) {
      state.squares[i] = 0.0F;
      state.best[i] = BestScore<kPair>();
    }
  });
  for (int b = 0; b < a.centroids.blocks; ++b) {
    team.each([&](int t, State& state) {
      const float* start = a.centroids.start + b * kTile + t % Shape::kColumns * 4;
      TESSERA_UNROLL
      for (int i = 0; i < Shape::kRowsOfThread; ++i) {
        TESSERA_UNROLL
        for (int p = 0; p < 4; ++p) state.score[i][p] = start[p];
      }
    });
    for (int feature = 0; feature < a.slab.d; feature += Shape::kStep) {
      const int count = a.slab.d - feature < Shape::kStep ? a.slab.d - feature : Shape::kStep;
      team.each([&](int t, State&) { load_tiles<kTile>(t, a, first, b, feature, count, memory.tiles); });
      team.each([&](int t, State& state) {
        add_scores<kTile, kPair>(t, memory.tiles, count, state);
        if (b == 0) add_squares<kTile, kPair>(t, memory.tiles, count, state);
      });
    }
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
    team.each([&](int t, State& state) { take_scores<kTile, kPair>(t, a.centroids, b, memory.norm, state); });
  }
  team.each([&](int t, State& state) {
    const int column = t % Shape::kColumns;
    TESSERA_UNROLL
    for (int i = 0; i < Shape::kRowsOfThread; ++i) {
      const int r = t / Shape::kColumns * Shape::kRowsOfThread + i;
      memory.places.lower[column][r] = state.best[i].lower;
      memory.places.upper[column][r] = state.best[i].upper;
      memory.places.rival[column][r] = state.best[i].rival;
      memory.places.place[column][r] = state.best[i].place;
    }
  });
  team.each([&](int t, State&) {
    if (t >= Shape::kRows || first + t >= a.slab.n) return;
    BestScore<kPair> best;
    for (int column = 0; column < Shape::kColumns; ++column) {
      BestScore<kPair> other;
      other.lower = memory.places.lower[column][t];
      other.upper = memory.places.upper[column][t];
      other.rival = memory.places.rival[column][t];
      other.place = memory.places.place[column][t];
      best.join(other);
    }
    conclude_row<kTile, kPair>(a, first + t, best, memory.norm[t]);
  });
}

}  // namespace tessera::kernels
