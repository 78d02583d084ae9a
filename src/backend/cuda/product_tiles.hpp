// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/product_sums.hpp"

namespace tessera::cuda {

/// Columns that a tile covers, the last ones included.
struct TileColumns {
  std::int64_t first_left = 0, last_left = 0;
  std::int64_t first_right = 0, last_right = 0;
};

/// How sums of left' * right are cut into tiles, and those into panels: see kernels/product_sums.hpp. A pure function of the
/// number of columns and of what is wanted.
class ProductTiles {
 public:
  /// @param wanted  whether any sum of a tile is asked for; empty: all are
  ProductTiles(std::int64_t lefts, std::int64_t rights, const std::function<bool(const TileColumns&)>& wanted = {});

  /// Left columns of a tile: 4 or 8.
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] const std::vector<kernels::ProductTile>& tiles() const { return tiles_; }
  [[nodiscard]] const std::vector<kernels::ProductPanel>& panels() const { return panels_; }
  /// Sums of a leaf.
  [[nodiscard]] std::int64_t size() const { return std::ssize(tiles_) * height_ * kernels::kTileRight; }
  /// Where the sum of two columns, of a tile that is wanted, lies among those.
  [[nodiscard]] std::int64_t place(std::int64_t left, std::int64_t right) const;

 private:
  int height_;
  std::int64_t right_tiles_;
  std::vector<std::int32_t> tile_at_;  // [left tiles x right tiles] -1: not wanted
  std::vector<kernels::ProductTile> tiles_;
  std::vector<kernels::ProductPanel> panels_;
};

}  // namespace tessera::cuda
