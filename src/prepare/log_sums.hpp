// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "prepare/block_moments.hpp"
#include "prepare/cell_kernels.hpp"

namespace tessera {

/// Sums of log1p of the cells of a column. Whether a plan takes logarithms shows only when all cells have been seen; they are
/// summed on the way if the first cells look like amounts, none negative and skewed to the right, until a negative one comes.
class LogSums {
 public:
  /// The next block of at most kReductionRows cells.
  /// @param sums of the block, about `frame`, whose pivot is the first cell of the column that is present
  void add(std::span<const float> values, const CellCounts& counts, const Moments& sums, MomentFrame frame) {
    add_cells(values, counts, sums, frame);
  }
  void add(std::span<const double> values, const CellCounts& counts, const Moments& sums, MomentFrame frame) {
    add_cells(values, counts, sums, frame);
  }

  /// About frame(); nothing if they were not summed all the way.
  [[nodiscard]] std::optional<Moments> total() const;
  [[nodiscard]] MomentFrame frame() const { return frame_; }

 private:
  enum class State { undecided, summing, dropped };

  template <typename T>
  void add_cells(std::span<const T> values, const CellCounts& counts, const Moments& sums, MomentFrame frame);

  State state_ = State::undecided;
  MomentFrame frame_;
  PairwiseSum<Moments> sums_;
};

}  // namespace tessera
