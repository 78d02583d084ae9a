// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "exact/distance.hpp"
#include "kernels/accumulate.hpp"
#include "kernels/decide.hpp"
#include "kernels/nearest_arguments.hpp"
#include "kernels/team.hpp"

// Rows with gaps in a nearest pass: no screen, partial distances to all centroids in float64, sums of 128 bits.
namespace tessera::kernels {

inline constexpr int kGapThreads = 256;

/// Who measures what: a thread has 4 centroids of a tile and 4 rows, so far apart that neighbours read neighbours. Narrow tiles
/// take more rows, so that few centroids keep all threads busy.
template <int kTile>
struct GapShape {
  static constexpr int kStep = 16;            ///< features in shared memory at a time
  static constexpr int kColumns = kTile / 4;  ///< threads beside each other
  static constexpr int kGroups = kGapThreads / kColumns;
  static constexpr int kRows = 4 * kGroups;  ///< of a block
};

/// Centroids of a tile, of those that there are kernels for.
[[nodiscard]] constexpr int gap_tile(std::int32_t k) { return k <= 16 ? 16 : 64; }

/// The two nearest that threads found for each row of a block. Rows are a little longer than they need be, to spread the writes
/// over the banks.
template <int kTile>
struct NearestPlaces {
  static constexpr std::size_t kColumns = GapShape<kTile>::kColumns;
  static constexpr std::size_t kWords = GapShape<kTile>::kRows + 32 / kColumns;
  static constexpr std::size_t kDoubles = GapShape<kTile>::kRows + 16 / kColumns;
  std::int32_t first[kColumns][kWords];
  std::int32_t second[kColumns][kWords];
  double first_distance2[kColumns][kDoubles];
  double second_distance2[kColumns][kDoubles];
};

/// Some features of a block's rows and of a tile of centroids.
template <int kTile>
struct GapTiles {
  using Shape = GapShape<kTile>;
  double rows[Shape::kStep][Shape::kRows + 1];  // one more, to spread the writes over the banks
  double centroids[Shape::kStep][std::size_t{kTile} + 1];
};

/// Shared memory of a block.
template <int kTile>
struct GapMemory {
  using Shape = GapShape<kTile>;
  union {
    GapTiles<kTile> tiles;
    NearestPlaces<kTile> places;  // when the tiles are done with
  };
  double factor[Shape::kRows];
};

/// What a thread keeps in registers.
struct GapState {
  double sum[4][4];
  exact::TwoNearest nearest[4];
  std::int32_t known;  ///< columns that row t of the block has
};

/// Sets the mark of a row that lacks features, or takes it away.
TESSERA_HOST_DEVICE inline void mark_gaps(const MarkGapsArguments& a, std::int64_t row) {
  std::uint8_t flags = a.flags[row] & static_cast<std::uint8_t>(~kGapRow);
  if ((flags & kIncompleteRow) != 0) {
    const float* x = a.rows + row * a.d;
    bool gap = false;
    for (int j = 0; j < a.d; ++j) gap = gap || !(x[j] == x[j]);
    if (gap) flags |= kGapRow;
  }
  a.flags[row] = flags;
}

/// Brings features [feature, feature + count) of the block's rows and of centroids [centroid, centroid + kTile) into shared
/// memory.
template <int kTile>
TESSERA_HOST_DEVICE inline void load_gap_tiles(int t, const GapsArguments& a, std::int64_t first, int centroid, int feature,
                                               int count, GapTiles<kTile>& tiles) {
  using Shape = GapShape<kTile>;
  const int d = a.slab.d;
  const int j = t % Shape::kStep;
  if (j >= count) return;
  const std::int64_t rows = *a.gaps.count - first;
  for (int place = t / Shape::kStep; place < Shape::kRows; place += kGapThreads / Shape::kStep) {
    double x = 0.0;
    if (place < rows) x = static_cast<double>(a.slab.rows[std::int64_t{a.gaps.entries[first + place]} * d + feature + j]);
    tiles.rows[j][place] = x;
  }
  for (int place = t / Shape::kStep; place < kTile; place += kGapThreads / Shape::kStep) {
    const std::int64_t c = centroid + place;
    tiles.centroids[j][place] = c < a.k ? static_cast<double>(a.centroids[c * d + feature + j]) : 0.0;
  }
}

/// Adds `count` features to the thread's sums, in the order of the reference distance, and none that a row lacks.
template <int kTile>
TESSERA_HOST_DEVICE inline void add_known_differences(int t, const GapTiles<kTile>& tiles, int count, GapState& state) {
  using Shape = GapShape<kTile>;
  const int column = t % Shape::kColumns;
  const int row = t / Shape::kColumns;
  for (int j = 0; j < count; ++j) {
    double c[4];
    TESSERA_UNROLL
    for (int p = 0; p < 4; ++p) c[p] = tiles.centroids[j][column + p * Shape::kColumns];
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) {
      const double x = tiles.rows[j][row + i * Shape::kGroups];
      if (!(x == x)) continue;
      TESSERA_UNROLL
      for (int p = 0; p < 4; ++p) {
        const double difference = x - c[p];
        state.sum[i][p] = state.sum[i][p] + difference * difference;
      }
    }
  }
}

/// Counts the columns that row t has, of those that begin among `count` features.
template <int kTile>
TESSERA_HOST_DEVICE inline void count_known(int t, const std::uint8_t* columns, const GapTiles<kTile>& tiles, int count,
                                            GapState& state) {
  if (t >= GapShape<kTile>::kRows) return;
  for (int j = 0; j < count; ++j) {
    const double x = tiles.rows[j][t];
    if (x == x) state.known += columns[j];
  }
}

/// Takes the partial distances to the thread's centroids of a tile into the nearest of its rows.
template <int kTile>
TESSERA_HOST_DEVICE inline void take_partial_distances(int t, const GapsArguments& a, int centroid,
                                                       const GapMemory<kTile>& memory, GapState& state) {
  using Shape = GapShape<kTile>;
  TESSERA_UNROLL
  for (int i = 0; i < 4; ++i) {
    const double factor = memory.factor[t / Shape::kColumns + i * Shape::kGroups];
    TESSERA_UNROLL
    for (int p = 0; p < 4; ++p) {
      const int c = centroid + t % Shape::kColumns + p * Shape::kColumns;
      if (c < a.k) state.nearest[i].offer(c, state.sum[i][p] * factor);
    }
  }
}

/// What all threads together found for a row.
template <int kTile>
TESSERA_HOST_DEVICE inline exact::TwoNearest join_places(const NearestPlaces<kTile>& places, int row) {
  exact::TwoNearest nearest;
  for (int column = 0; column < GapShape<kTile>::kColumns; ++column) {
    exact::TwoNearest other;
    other.first = places.first[column][row];
    other.second = places.second[column][row];
    other.first_distance2 = places.first_distance2[column][row];
    other.second_distance2 = places.second_distance2[column][row];
    join(nearest, other);
  }
  return nearest;
}

/// Labels as many rows of the list as a block takes, from number `first` on.
template <int kTile, typename Team>
TESSERA_HOST_DEVICE inline void label_gaps(Team& team, const GapsArguments& a, std::int64_t first, GapMemory<kTile>& memory) {
  using Shape = GapShape<kTile>;
  team.alone([&](int, GapState& state) {
    for (exact::TwoNearest& nearest : state.nearest) nearest = exact::TwoNearest();
    state.known = 0;
  });
  for (int centroid = 0; centroid < a.k; centroid += kTile) {
    team.alone([&](int, GapState& state) {
      TESSERA_UNROLL
      for (int i = 0; i < 4; ++i) {
        TESSERA_UNROLL
        for (int p = 0; p < 4; ++p) state.sum[i][p] = 0.0;
      }
    });
    for (int feature = 0; feature < a.slab.d; feature += Shape::kStep) {
      const int count = a.slab.d - feature < Shape::kStep ? a.slab.d - feature : Shape::kStep;
      team.each([&](int t, GapState&) { load_gap_tiles<kTile>(t, a, first, centroid, feature, count, memory.tiles); });
      team.each([&](int t, GapState& state) {
        add_known_differences<kTile>(t, memory.tiles, count, state);
        if (centroid == 0) count_known<kTile>(t, a.columns + feature, memory.tiles, count, state);
      });
    }
    if (centroid == 0) {
      team.each([&](int t, GapState& state) {
        if (t < Shape::kRows) memory.factor[t] = exact::gap_factor(exact::gap_scale(state.known, a.column_count));
      });
    }
    team.alone([&](int t, GapState& state) { take_partial_distances<kTile>(t, a, centroid, memory, state); });
  }
  team.each([&](int t, GapState& state) {
    TESSERA_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int column = t % Shape::kColumns;
      const int row = t / Shape::kColumns + i * Shape::kGroups;
      memory.places.first[column][row] = state.nearest[i].first;
      memory.places.second[column][row] = state.nearest[i].second;
      memory.places.first_distance2[column][row] = state.nearest[i].first_distance2;
      memory.places.second_distance2[column][row] = state.nearest[i].second_distance2;
    }
  });
  team.each([&](int t, GapState&) {
    if (t >= Shape::kRows || first + t >= *a.gaps.count) return;
    const std::int64_t row = a.gaps.entries[first + t];
    const exact::TwoNearest nearest = join_places<kTile>(memory.places, t);
    write_result(a.results, row, nearest);
    if (!a.results.kept.wanted()) return;
    const double factor = memory.factor[t];  // drift is that of all features, and bounds that of the known ones
    a.results.kept.keep(row, nearest.first,
                        exact::slack_between(nearest.first_distance2 / factor, nearest.second_distance2 / factor));
  });
}

/// Adds the moves of rows with gaps to what their features count (NearestStatistics::gap_sums, gap_weights). Comes before the
/// sums of all rows, which take note of the labels.
template <typename Team>
TESSERA_HOST_DEVICE inline void accumulate_gaps(Team& team, const AccumulateArguments& a, std::int64_t block,
                                                std::int64_t blocks, MoveMemory& moves) {
  const int d = a.slab.d;
  const std::int64_t features = std::int64_t{a.k} * d;
  const auto add = [&](std::int64_t cell, Int128 value) {
    add_shared_total(a.gap_halves + cell, static_cast<std::int64_t>(value & 0xFFFFFFFF));
    add_shared_total(a.gap_halves + 2 * features + cell, static_cast<std::int64_t>(value >> 32));
  };
  for_each_tile<true>(team, a, block, blocks, moves, [&](int t, int count) {
    for (int cell = t; cell < count * d; cell += kAccumulateThreads) {
      const int i = cell / d;
      const int j = cell % d;
      const std::int64_t row = moves.row[i];
      const float x = a.slab.rows[row * d + j];
      const bool known = x == x;
      const Int128 scale = moves.scale[i];
      const Int128 weight = column_units(a, row, d, moves.weight[i]);
      const Int128 sum = known ? scale * column_units(a, row, j, moves.weight[i]) : 0;
      const Int128 more = (known ? scale * weight : 0) - weight * (1 << exact::kGapBits);
      const auto move = [&](std::int32_t segment, int sign) {
        if (segment < 0) return;
        const std::int64_t at = std::int64_t{segment} * d + j;
        add(at, sign * sum);
        add(features + at, sign * more);
      };
      move(moves.to[i], 1);
      move(moves.from[i], -1);
    }
  });
}

}  // namespace tessera::kernels
