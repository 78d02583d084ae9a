// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/team.hpp"

// Sums over rows of left' * right in float64. Every sum is a chain of fused multiply-adds in the order of its rows, from 0, so
// that it has the same bits wherever it is formed. Rows come in leaves, and each leaf has sums of its own.
//
// A tile is kHeight left columns times kTileRight right columns, whose sums one thread keeps in registers; a panel is what one
// block of threads does of a leaf: at most kProductThreads tiles, over few enough columns that some rows of them fit in shared
// memory. A source says what the columns are: left(row, column) and right(row, column), both 0 beyond the last column. Where
// right columns are made of few numbers of a row, those come to shared memory first (Numbers).
namespace tessera::kernels {

inline constexpr int kProductThreads = 128;
inline constexpr int kTileRight = 4;
inline constexpr int kStageRows = 8;          ///< rows in shared memory at a time
inline constexpr int kPanelLeft = 64;         ///< most left columns of a panel
inline constexpr int kPanelRightTiles = 128;  ///< most tiles of right columns of a panel
inline constexpr std::int64_t kLeafRows = 4096;

/// A tile of a panel: tiles from the panel's first left and right one.
struct ProductTile {
  std::int16_t left = 0, right = 0;
};

struct ProductPanel {
  std::int32_t first_left = 0, left_columns = 0;
  std::int32_t first_right = 0, right_tiles = 0;  ///< the first right column, and how many tiles there are from it on
  std::int32_t first_tile = 0, tiles = 0;         ///< among the tiles of all panels
};

/// Which rows of a slab each leaf has; all null: leaf l has those from l * kLeafRows on.
struct LeafLists {
  const std::int32_t* begin = nullptr;  ///< [leaves] in rows
  const std::int32_t* end = nullptr;    ///< [leaves]
  const std::int32_t* rows = nullptr;
};

struct ProductArguments {
  const ProductTile* tiles = nullptr;
  const ProductPanel* panels = nullptr;
  std::int32_t panel_count = 0;
  std::int32_t tile_count = 0;  ///< of all panels
  std::int32_t leaves = 0;
  LeafLists lists;
  std::int64_t slab_rows = 0;
  /// [leaves x kHeight * kTileRight x tile_count] sum (l, r) of tile i at (l * kTileRight + r) * tile_count + i; written
  double* sums = nullptr;
};

/// Of a source whose right columns are not made of numbers in shared memory.
struct NoNumbers {};
template <typename Source>
concept HasNumbers = !std::is_same_v<typename Source::Numbers, NoNumbers>;

template <typename Source>
struct alignas(16) ProductMemory {
  // A few more than there are columns, to spread the writes over the banks.
  double left[kStageRows][kPanelLeft + 2];
  /// Column r of tile i at [row][r][i]: neighbouring threads read neighbouring numbers.
  double right[kStageRows][kTileRight][kPanelRightTiles + 4];
  typename Source::Numbers numbers;
};

template <int kHeight>
struct ProductState {
  double sums[std::size_t{kHeight}][kTileRight];
};

/// Rows of one leaf.
struct LeafRows {
  std::int64_t begin = 0, end = 0;
  const std::int32_t* rows = nullptr;

  TESSERA_HOST_DEVICE LeafRows(const ProductArguments& a, std::int64_t leaf) : rows(a.lists.rows) {
    if (a.lists.begin != nullptr) {
      begin = a.lists.begin[leaf];
      end = a.lists.end[leaf];
    } else {
      begin = leaf * kLeafRows;
      end = begin + kLeafRows < a.slab_rows ? begin + kLeafRows : a.slab_rows;
    }
  }
  TESSERA_HOST_DEVICE std::int64_t operator[](std::int64_t i) const { return rows == nullptr ? i : rows[i]; }
};

/// Brings the left columns of some rows to shared memory. Neighbouring threads take neighbouring rows of a source whose columns
/// lie row after row (kLeftByRows, kRightByRows), else neighbouring columns.
template <typename Source>
TESSERA_HOST_DEVICE inline void load_left(const Source& source, const ProductPanel& panel, const LeafRows& leaf,
                                          std::int64_t first, int rows, int thread, ProductMemory<Source>& memory) {
  for (int i = thread; i < kStageRows * panel.left_columns; i += kProductThreads) {
    const int row = Source::kLeftByRows ? i % kStageRows : i / panel.left_columns;
    const int column = Source::kLeftByRows ? i / kStageRows : i % panel.left_columns;
    if (row < rows) memory.left[row][column] = source.left(leaf[first + row], panel.first_left + column);
  }
}

/// The same for right columns.
template <typename Source>
TESSERA_HOST_DEVICE inline void load_right(const Source& source, const ProductPanel& panel, const LeafRows& leaf,
                                           std::int64_t first, int rows, int thread, ProductMemory<Source>& memory) {
  const int right_columns = panel.right_tiles * kTileRight;
  for (int i = thread; i < kStageRows * right_columns; i += kProductThreads) {
    const int row = Source::kRightByRows ? i % kStageRows : i / right_columns;
    const int column = Source::kRightByRows ? i / kStageRows : i % right_columns;
    if (row < rows) {
      memory.right[row][column % kTileRight][column / kTileRight] = source.right(leaf[first + row], panel.first_right + column);
    }
  }
}

/// Makes the right columns of the rows whose numbers are in shared memory.
template <HasNumbers Source>
TESSERA_HOST_DEVICE inline void load_right(const Source& source, const ProductPanel& panel, const LeafRows&, std::int64_t, int,
                                           int thread, ProductMemory<Source>& memory) {
  for (int column = thread; column < panel.right_tiles * kTileRight; column += kProductThreads) {
    const auto factors = source.product(panel.first_right + column);
    TESSERA_UNROLL
    for (int row = 0; row < kStageRows; ++row) {
      memory.right[row][column % kTileRight][column / kTileRight] =
          memory.numbers[row][factors.left] * memory.numbers[row][factors.right];
    }
  }
}

/// Brings the numbers of the rows from `first` on to shared memory, if the source has any; 0 behind the last row.
template <typename Source>
TESSERA_HOST_DEVICE inline void load_numbers(const Source& source, const LeafRows& leaf, std::int64_t first, int thread,
                                             ProductMemory<Source>& memory) {
  if constexpr (HasNumbers<Source>) {
    const int count = source.count();
    for (int i = thread; i < kStageRows * count; i += kProductThreads) {
      const int row = i / count;
      const int place = i % count;
      memory.numbers[row][place] = first + row < leaf.end ? source.number(leaf[first + row], place) : 0.0;
    }
  }
}

/// Adds the rows in shared memory to a thread's tile.
template <int kHeight, typename Source>
TESSERA_HOST_DEVICE inline void add_stage(const ProductMemory<Source>& memory, int rows, ProductTile tile,
                                          double (&sums)[std::size_t{kHeight}][kTileRight]) {
  for (int row = 0; row < rows; ++row) {
    const double* const left = memory.left[row] + tile.left * kHeight;
    double right[kTileRight];
    TESSERA_UNROLL
    for (int r = 0; r < kTileRight; ++r) right[r] = memory.right[row][r][tile.right];
    TESSERA_UNROLL
    for (int l = 0; l < kHeight; ++l) {
      TESSERA_UNROLL
      for (int r = 0; r < kTileRight; ++r) sums[l][r] = fma(left[l], right[r], sums[l][r]);
    }
  }
}

/// What block `block` of leaves * panel_count ones does.
template <int kHeight, typename Source, typename Team>
TESSERA_HOST_DEVICE inline void sum_products(Team& team, const ProductArguments& a, const Source& source, std::int64_t block,
                                             ProductMemory<Source>& memory) {
  const std::int64_t leaf = block / a.panel_count;
  const ProductPanel panel = a.panels[block % a.panel_count];
  const LeafRows rows(a, leaf);
  team.each([&](int t, ProductState<kHeight>& state) {
    load_numbers(source, rows, rows.begin, t, memory);
    TESSERA_UNROLL
    for (int l = 0; l < kHeight; ++l) {
      TESSERA_UNROLL
      for (int r = 0; r < kTileRight; ++r) state.sums[l][r] = 0.0;
    }
  });
  for (std::int64_t first = rows.begin; first < rows.end; first += kStageRows) {
    const int count = rows.end - first < kStageRows ? static_cast<int>(rows.end - first) : kStageRows;
    team.each([&](int t, ProductState<kHeight>&) {
      load_left(source, panel, rows, first, count, t, memory);
      load_right(source, panel, rows, first, count, t, memory);
    });
    team.each([&](int t, ProductState<kHeight>& state) {
      load_numbers(source, rows, first + kStageRows, t, memory);
      if (t < panel.tiles) add_stage<kHeight>(memory, count, a.tiles[panel.first_tile + t], state.sums);
    });
  }
  team.alone([&](int t, ProductState<kHeight>& state) {
    if (t >= panel.tiles) return;
    double* const sums = a.sums + leaf * a.tile_count * (kHeight * kTileRight) + panel.first_tile + t;
    TESSERA_UNROLL
    for (int l = 0; l < kHeight; ++l) {
      TESSERA_UNROLL
      for (int r = 0; r < kTileRight; ++r) sums[std::int64_t{l * kTileRight + r} * a.tile_count] = state.sums[l][r];
    }
  });
}

}  // namespace tessera::kernels
