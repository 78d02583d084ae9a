// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "backend/screen_centroids.hpp"
#include "exact/certificate.hpp"
#include "tessera/matrix.hpp"

namespace tessera::cuda {

/// A frame around centroids, see kernels::ScreenFrame. Any frame is right; a close one costs the screen no digits.
struct Frame {
  std::vector<float> offset;  ///< [d + kernels::kFrameSpare]
  float scale = 1.0F;         ///< a power of two
};

/// The frame whose origin is the median centroid, feature by feature, and in which the median of the centroids' largest
/// features lies between 8 and 16: medians, so that one outlier among the centroids does not take the digits of the others.
/// Numbers of 16 bits then have all their digits from 2^-18 to 2^12 times that. O(k d).
[[nodiscard]] Frame frame_around(MatrixView<const float> centroids);

/// The centroids of a pass as its screens want them: in a frame, in blocks of `tile` places.
class FramedCentroids {
 public:
  /// @param centroids [k x d] @param tile 16 or 64
  FramedCentroids(MatrixView<const float> centroids, const Frame& frame, std::int64_t tile);

  [[nodiscard]] const ScreenCentroids& screen() const { return screen_; }
  /// kernels::TensorTile of every block, for products of `steps` times 16 features.
  [[nodiscard]] std::vector<std::uint32_t> tensor_tiles(int steps) const;
  /// [blocks] upper bounds of what a block's centroids lose in 16 bits.
  [[nodiscard]] std::vector<float> tensor_rests() const;
  /// What separates scores of such tiles from the order of the reference distances.
  [[nodiscard]] exact::TensorBound tensor_bound(int steps) const;

 private:
  Matrix<float> framed_;
  ScreenCentroids screen_;  ///< views framed_
};

}  // namespace tessera::cuda
