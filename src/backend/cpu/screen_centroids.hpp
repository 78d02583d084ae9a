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

  /// The same centroids in blocks of `tile`, padded with zeros: element j of centroid c is packed[(c / tile * d + j) * tile + c
  /// % tile].
  std::int64_t tile = 1;
  std::vector<float> packed;
  std::vector<float> packed_start;  ///< [blocks x tile] -||c||^2 / 2; padding: -infinity, so that it never wins
  std::vector<float> block_norm;    ///< [blocks] largest norm of a block: one outlier does not blur every other centroid
  exact::ScreenBound bound;

  [[nodiscard]] std::int64_t segments() const { return centroids.rows; }
  [[nodiscard]] std::int64_t features() const { return centroids.columns; }
  [[nodiscard]] std::int64_t blocks() const { return (centroids.rows + tile - 1) / tile; }
};

/// @param tile centroids in a packed block, >= 1
[[nodiscard]] ScreenCentroids make_screen_centroids(MatrixView<const float> centroids, std::int64_t tile);

/// True if no score of a row with this norm (an upper bound) can overflow, whatever the centroid: |x.c| and ||c||^2 / 2 stay
/// far below float32's range, so that every score is finite and the certificate's comparisons mean what they say. False for
/// NaN.
[[nodiscard]] inline bool screen_is_safe(float row_norm, float largest_centroid_norm) {
  return row_norm + largest_centroid_norm < 0x1p60F;
}

}  // namespace tessera
