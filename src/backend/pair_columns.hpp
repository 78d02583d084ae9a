// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tessera/analysis_passes.hpp"

namespace tessera {

/// @throws Error if the task contradicts itself
void check_task(const MomentsTask& task);
/// @throws Error if the block's cells come in a form that the task cannot take
void check_block(const MomentsTask& task, const AnalysisBlock& block);
/// Results of the right size, all 0.
[[nodiscard]] GroupMoments empty_group_moments(const MomentsTask& task);

/// The columns whose products a moments pass sums for pairs: two matrices [left x right] of each group, where every number is
/// the product of a left and a right column, summed over rows. With d = x - pivot and w the weight:
///   rows without gaps:  left  w d | w | 1 | w^2   (the last two if rows have weights),   right  d | 1;
///   the other rows, with m = 1 where a cell is present and d = 0 where not:
///                       left  w d | w d^2 | w m | m | w^2 m   (the last two if rows have weights),   right  d | m,
///                       where m has one column for each that may miss, and in front of them one of ones.
/// Most rows have no gaps, and need a sixth of the products. Of d times d only what is on or above the diagonal is asked for;
/// of the second matrix only products with m, beside that.
struct PairColumns {
  PairColumns(const MomentsTask& task, bool weighted);

  std::int64_t columns;
  bool weighted;
  std::vector<std::int64_t> mask;          ///< [columns] of m: the column's place, 0 for those that are never missing
  std::vector<std::int32_t> mask_columns;  ///< [masks] the column of each; -1: ones

  [[nodiscard]] std::int64_t masks() const { return std::ssize(mask_columns); }
  [[nodiscard]] bool gaps() const { return masks() > 1; }
  [[nodiscard]] std::int64_t whole_left() const { return columns + (weighted ? 3 : 1); }
  [[nodiscard]] std::int64_t gaps_left() const { return gaps() ? left_weight_square() + masks() : 0; }
  // First left columns of the second matrix.
  [[nodiscard]] std::int64_t left_square() const { return columns; }
  [[nodiscard]] std::int64_t left_mask() const { return 2 * columns; }
  [[nodiscard]] std::int64_t left_rows() const { return left_mask() + (weighted ? masks() : 0); }
  [[nodiscard]] std::int64_t left_weight_square() const { return left_rows() + (weighted ? masks() : 0); }

  /// Which rows lack a cell that may miss. @param has_gap  [block.rows] written
  void find_gaps(const AnalysisBlock& block, const MomentsTask& task, std::vector<std::uint8_t>& has_gap) const;

  /// What the sums of a group mean.
  /// @param whole, gap  sums by left and right column of the first and second matrix
  template <typename Whole, typename Gap>
  void read(std::int64_t group, const Whole& whole, const Gap& gap, GroupMoments& moments) const {
    for (std::int64_t i = 0; i < columns; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) read_pair(group, i, j, whole, gap, moments);
      const std::size_t at = moments.at(group, i), own = moments.at(group, i, i);
      moments.n[at] = static_cast<std::int64_t>(moments.pair_rows[own]);
      moments.weight[at] = moments.pair_weight[own];
      moments.weight_squares[at] = moments.pair_weight_squares[own];
      moments.first[at] = moments.pair_first[own];
      moments.second[at] = moments.pair_second[own];
    }
  }

 private:
  template <typename Whole, typename Gap>
  void read_pair(std::int64_t group, std::int64_t i, std::int64_t j, const Whole& whole, const Gap& gap,
                 GroupMoments& moments) const {
    const std::size_t at = moments.at(group, i, j);
    const std::int64_t low = std::min(i, j), high = std::max(i, j), ones = columns;
    moments.pair_weight[at] = whole(columns, ones);
    moments.pair_rows[at] = weighted ? whole(columns + 1, ones) : moments.pair_weight[at];
    moments.pair_weight_squares[at] = weighted ? whole(columns + 2, ones) : moments.pair_weight[at];
    moments.pair_first[at] = whole(columns, i);
    moments.pair_second[at] = whole(i, i);
    moments.pair_product[at] = whole(low, high);
    if (!gaps()) return;
    const std::int64_t own = mask[static_cast<std::size_t>(i)], other = ones + mask[static_cast<std::size_t>(j)];
    moments.pair_weight[at] += gap(left_mask() + own, other);
    moments.pair_rows[at] += gap(left_rows() + own, other);
    moments.pair_weight_squares[at] += gap(left_weight_square() + own, other);
    moments.pair_first[at] += gap(i, other);
    moments.pair_second[at] += gap(left_square() + i, other);
    moments.pair_product[at] += gap(low, high);
  }
};

}  // namespace tessera
