// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "exact/certificate.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// What every screen needs to know of the centroids, computed once per pass.
struct ScreenCentroids {
  MatrixView<const float> centroids;  ///< [k x d]; must outlive this
  std::vector<float> half_square;     ///< [k] ||c||^2 / 2, rounded once to float32
  std::vector<float> norm;            ///< [k] upper bounds of ||c||
  float largest_norm = 0.0F;
  exact::ScreenBound bound;

  /// The same centroids in blocks of `tile` that share a bound, ordered by norm. A block does not mix norms of different
  /// magnitude, so that one outlier among the centroids does not blur the scores of the others. Place p of block b holds
  /// centroid place_centroid[b * tile + p] (-1: padding), its element j is packed[(b * d + j) * tile + p].
  std::int64_t tile = 1;
  std::vector<std::int32_t> place_centroid;
  std::vector<float> packed;
  std::vector<float> packed_start;  ///< [blocks x tile] -||c||^2 / 2; padding: -infinity, so that it never wins
  std::vector<float> block_norm;    ///< [blocks] largest norm of a block

  [[nodiscard]] std::int64_t segments() const { return centroids.rows; }
  [[nodiscard]] std::int64_t features() const { return centroids.columns; }
  [[nodiscard]] std::int64_t blocks() const { return static_cast<std::int64_t>(block_norm.size()); }
};

/// @param tile centroids in a packed block, >= 1
[[nodiscard]] ScreenCentroids make_screen_centroids(MatrixView<const float> centroids, std::int64_t tile);

using exact::kSafeReach;
using exact::screen_is_safe;

}  // namespace tessera
