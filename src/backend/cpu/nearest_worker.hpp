// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "backend/cpu/row_state.hpp"
#include "backend/screen_centroids.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Where a worker writes what it finds for the m rows of a list.
struct NearestResults {
  std::span<std::int32_t> first;   ///< [m] always: the nearest centroid
  std::span<float> slack;          ///< [m] or empty: every other centroid is farther than the nearest by at least so much, in
                                   ///< true distance and beyond what the reference rounds; 0: not known
  std::span<std::int32_t> second;  ///< [m] or empty; if wanted, first and second are the two nearest in either order
};

/// Rows with gaps, and where a worker writes what it finds for them; all [m]. Distances are partial ones.
struct GapRows {
  std::span<const std::int32_t> list;  ///< row numbers, ascending
  std::span<const double> factor;      ///< exact::gap_factor
  std::span<std::int32_t> first, second;
  std::span<double> first_distance2, second_distance2;
};

/// A row that joins the sums of a segment and leaves those of another; -1: of none. `from` and `to` differ.
struct Move {
  std::int32_t row = 0;
  std::int32_t from = -1;
  std::int32_t to = -1;
};

/// What rows count in sums, see exact/grid.hpp.
struct RowWeights {
  std::span<const float> weights;   ///< [rows] or empty
  std::span<const double> unit;     ///< [d] the grid's units
  std::span<const double> inverse;  ///< [d] and their inverses
};

/// One thread's share of a nearest pass at one instruction-set level; owns its scratch memory. All levels give equal labels,
/// distances and sums. Lists hold row numbers of `rows`, ascending.
class NearestWorker {
 public:
  virtual ~NearestWorker() = default;

  /// Lists the rows whose state does not settle their label.
  /// @param list [rows] room for all; @return how many were listed
  virtual std::size_t list_open(std::span<const RowState> state, const SegmentDrift& drift, std::span<std::int32_t> list) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < state.size(); ++i) {  // without branches: which rows are open is anybody's guess
      list[count] = static_cast<std::int32_t>(i);
      count += drift.settles(state[i]) ? 0U : 1U;
    }
    return count;
  }

  /// The nearest centroid of each listed row by the reference distance, k >= 2.
  /// @return rows that the screen could not certify
  virtual std::int64_t nearest(MatrixView<const float> rows, std::span<const std::int32_t> list,
                               const NearestResults& results) = 0;

  /// The two nearest centroids of rows with gaps by the partial distance, k >= 2: all are looked at, none is screened.
  virtual void nearest_gaps(MatrixView<const float> rows, const GapRows& gaps) = 0;

  /// Reference distances of each listed row to the centroid of its label; labels and distance2 are [m] as the list.
  virtual void distances(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> labels,
                         std::span<double> distance2) = 0;

  /// Carries out moves on sums [k x d]: the row itself, or w * x rounded onto the grid if there are weights.
  virtual void move_rows(MatrixView<const float> rows, std::span<const Move> moves, const RowWeights& weights,
                         MatrixView<double> sums) = 0;
};

/// An instruction-set level of the CPU backend.
struct CpuLevel {
  std::string name;                 ///< "amx", "avx3", ..., "eigen"
  std::int64_t tile_centroids = 1;  ///< the width in which its workers want the centroids packed
  /// `centroids` must outlive the worker.
  std::function<std::unique_ptr<NearestWorker>(const ScreenCentroids& centroids)> make_worker;
};

}  // namespace tessera
