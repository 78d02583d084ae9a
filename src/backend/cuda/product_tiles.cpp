// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda/product_tiles.hpp"

#include <algorithm>

namespace tessera::cuda {
namespace {

using kernels::kTileRight;

std::int64_t quotient_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// `count` in parts of about the same size, none above `most`: the size of all but the last.
std::int64_t even_part(std::int64_t count, std::int64_t most) { return quotient_up(count, quotient_up(count, most)); }

}  // namespace

ProductTiles::ProductTiles(std::int64_t lefts, std::int64_t rights, const std::function<bool(const TileColumns&)>& wanted)
    : height_((lefts - 1) % 8 < 4 ? 4 : 8), right_tiles_(quotient_up(rights, kTileRight)) {
  const std::int64_t left_tiles = quotient_up(lefts, height_);
  tile_at_.assign(static_cast<std::size_t>(left_tiles * right_tiles_), -1);
  if (tile_at_.empty()) return;
  const std::int64_t part_left = even_part(left_tiles, kernels::kPanelLeft / height_);
  const std::int64_t most_right = std::min<std::int64_t>(kernels::kProductThreads / part_left, kernels::kPanelRightTiles);
  const std::int64_t part_right = even_part(right_tiles_, most_right);
  for (std::int64_t l0 = 0; l0 < left_tiles; l0 += part_left) {
    const std::int64_t l1 = std::min(l0 + part_left, left_tiles);
    for (std::int64_t r0 = 0; r0 < right_tiles_; r0 += part_right) {
      const std::int64_t r1 = std::min(r0 + part_right, right_tiles_);
      kernels::ProductPanel panel{.first_left = static_cast<std::int32_t>(l0 * height_),
                                  .left_columns = static_cast<std::int32_t>((l1 - l0) * height_),
                                  .first_right = static_cast<std::int32_t>(r0 * kTileRight),
                                  .right_tiles = static_cast<std::int32_t>(r1 - r0),
                                  .first_tile = static_cast<std::int32_t>(tiles_.size()),
                                  .tiles = 0};
      for (std::int64_t l = l0; l < l1; ++l) {
        for (std::int64_t r = r0; r < r1; ++r) {
          const TileColumns columns{l * height_, std::min((l + 1) * height_, lefts) - 1, r * kTileRight,
                                    std::min((r + 1) * kTileRight, rights) - 1};
          if (wanted && !wanted(columns)) continue;
          tile_at_[static_cast<std::size_t>(l * right_tiles_ + r)] = static_cast<std::int32_t>(tiles_.size());
          tiles_.push_back({static_cast<std::int16_t>(l - l0), static_cast<std::int16_t>(r - r0)});
          ++panel.tiles;
        }
      }
      if (panel.tiles > 0) panels_.push_back(panel);
    }
  }
}

std::int64_t ProductTiles::place(std::int64_t left, std::int64_t right) const {
  const std::int32_t tile = tile_at_[static_cast<std::size_t>(left / height_ * right_tiles_ + right / kTileRight)];
  return (left % height_ * kTileRight + right % kTileRight) * std::ssize(tiles_) + tile;
}

}  // namespace tessera::cuda
