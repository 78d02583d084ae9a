// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backend/cpu/screen_centroids.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Where a worker writes the results of a block of rows. `second` and its distances are wanted together or not at all.
struct BlockResults {
  std::span<std::int32_t> first;       ///< [m] always
  std::span<double> first_distance2;   ///< [m] or empty
  std::span<std::int32_t> second;      ///< [m] or empty
  std::span<double> second_distance2;  ///< [m] or empty
};

/// One thread's share of a nearest pass at one instruction-set level; owns its scratch memory. All levels give equal results.
class NearestWorker {
 public:
  virtual ~NearestWorker() = default;
  /// Rows that one call of `nearest` may hold.
  [[nodiscard]] virtual std::int64_t block_rows() const = 0;

  /// The nearest centroid of each row by the reference distance, k >= 2.
  /// @param rows [m x d], m <= block_rows()
  /// @param skip [m] or empty; rows with a non-zero entry are left out, their results are unspecified
  /// @return rows that the screen could not certify
  virtual std::int64_t nearest(MatrixView<const float> rows, std::span<const std::uint8_t> skip,
                               const BlockResults& results) = 0;

  /// Reference distances of each row to the centroid of its label [m]; rows with a negative label are left out.
  virtual void distances(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<double> distance2) = 0;

  /// Adds each row with a label >= 0 into sums [k x d]: the row itself, or w * x rounded onto the grid if there are weights.
  /// @param unit, inverse [d] the grid's units and their inverses
  virtual void accumulate(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<const float> weights,
                          std::span<const double> unit, std::span<const double> inverse, MatrixView<double> sums) = 0;
};

/// An instruction-set level of the CPU backend.
struct CpuLevel {
  std::string name;                 ///< "avx3", ..., "eigen"
  std::int64_t tile_centroids = 1;  ///< the width in which its workers want the centroids packed
  std::unique_ptr<NearestWorker> (*make_worker)(const ScreenCentroids& centroids) = nullptr;  ///< `centroids` must outlive it
};

}  // namespace tessera
