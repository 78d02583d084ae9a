// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "backend/cpu/analysis_kernels.hpp"
#include "backend/cpu/block_moments.hpp"

namespace tessera {
namespace {

/// Rows that are laid out at a time: they stay in the first-level cache.
constexpr std::size_t kTileRows = 64;

/// The sums of one group lie in two row-major matrices [left x right], where every number is the product of a left and a right
/// column, summed over rows. With d = x - pivot and w the weight:
///   rows without gaps:  left  w d | w | 1 | w^2   (the last two if rows have weights),   right  d | 1;
///   the other rows, with m = 1 where a cell is present and d = 0 where not:
///                       left  w d | w d^2 | w m | m | w^2 m   (the last two if rows have weights),   right  d | m,
///                       where m has one column for each that may miss, and in front of them one of ones.
/// Most rows have no gaps, and need a sixth of the products.
struct Layout {
  Layout(const MomentsTask& task, bool weighted) : columns(std::ssize(task.columns)), mask(task.columns.size()) {
    ones = padded_columns(columns);
    whole_right = padded_columns(ones + 1);
    whole_left = columns + (weighted ? 3 : 1);
    for (std::size_t j = 0; j < mask.size(); ++j) {
      if (task.may_miss.empty() || task.may_miss[j] != 0) mask[j] = masks++;
    }
    if (masks == 1) return;  // no gaps
    gaps_at = whole_left * whole_right;
    gaps_right = padded_columns(columns) + padded_columns(masks);
    left_square = columns;
    left_mask = 2 * columns;
    left_rows = weighted ? left_mask + masks : left_mask;
    left_weight_square = weighted ? left_rows + masks : left_mask;
    gaps_left = left_weight_square + masks;
  }
  std::int64_t columns = 0;
  std::int64_t ones = 0;  ///< first right column of 1, or of m
  std::int64_t whole_left = 0, whole_right = 0;
  std::vector<std::int64_t> mask;  ///< [columns] of m: the column's place, 0 for those that are never missing
  std::int64_t masks = 1;
  std::int64_t gaps_at = 0;  ///< where the second matrix begins
  std::int64_t gaps_left = 0, gaps_right = 0;
  std::int64_t left_square = 0, left_mask = 0, left_rows = 0, left_weight_square = 0;  ///< first left columns of the second
  [[nodiscard]] std::int64_t size() const { return whole_left * whole_right + gaps_left * gaps_right; }
};

class PairMoments final : public BlockMoments {
 public:
  PairMoments(const MomentsTask& task, bool weighted, std::string_view level)
      : task_(task), layout_(task, weighted), kernels_(analysis_kernels(level)), weighted_(weighted) {}

  [[nodiscard]] std::size_t size() const override { return static_cast<std::size_t>(task_.groups.groups() * layout_.size()); }

  void add(const AnalysisBlock& block, Scratch& scratch, double* sums) const override {
    scratch.groups.sort(block, task_.groups);
    find_gaps(block, scratch.has_gap);
    scratch.left.resize(kTileRows * static_cast<std::size_t>(std::max(layout_.whole_left, layout_.gaps_left)));
    scratch.right.resize(kTileRows * static_cast<std::size_t>(std::max(layout_.whole_right, layout_.gaps_right)));
    for (std::int64_t group = 0; group < task_.groups.groups(); ++group, sums += layout_.size()) {
      scratch.whole.clear();
      scratch.gaps.clear();
      for (const std::int32_t row : scratch.groups[group]) {
        (scratch.has_gap[static_cast<std::size_t>(row)] != 0 ? scratch.gaps : scratch.whole).push_back(row);
      }
      for_each_tile(scratch.whole, [&](auto rows) { add_whole(block, rows, scratch, sums); });
      for_each_tile(scratch.gaps, [&](auto rows) { add_gaps(block, rows, scratch, sums + layout_.gaps_at); });
    }
  }

  [[nodiscard]] GroupMoments read(const std::vector<double>& sums) const override {
    GroupMoments moments = empty_moments(task_);
    for (std::int64_t group = 0; group < moments.groups; ++group) {
      const double* const whole = sums.data() + group * layout_.size();
      for (std::int64_t i = 0; i < moments.columns; ++i) {
        for (std::int64_t j = 0; j < moments.columns; ++j) read_pair(whole, group, i, j, moments);
        const std::size_t at = moments.at(group, i), own = moments.at(group, i, i);
        moments.n[at] = static_cast<std::int64_t>(moments.pair_rows[own]);
        moments.weight[at] = moments.pair_weight[own];
        moments.weight_squares[at] = moments.pair_weight_squares[own];
        moments.first[at] = moments.pair_first[own];
        moments.second[at] = moments.pair_second[own];
      }
    }
    return moments;
  }

 private:
  template <typename Visit>
  static void for_each_tile(std::span<const std::int32_t> rows, Visit&& visit) {
    for (std::size_t first = 0; first < rows.size(); first += kTileRows) {
      visit(rows.subspan(first, std::min(kTileRows, rows.size() - first)));
    }
  }

  void find_gaps(const AnalysisBlock& block, std::vector<std::uint8_t>& has_gap) const {
    has_gap.assign(static_cast<std::size_t>(block.rows), 0);
    if (layout_.masks == 1) return;
    if (block.number_rows != nullptr) return find_gaps_in_rows(block, has_gap);
    for (std::size_t j = 0; j < task_.columns.size(); ++j) {
      if (layout_.mask[j] == 0) continue;
      const double* const cells = block.numbers[static_cast<std::size_t>(task_.columns[j])];
      for (std::size_t i = 0; i < has_gap.size(); ++i) has_gap[i] |= static_cast<std::uint8_t>(std::isnan(cells[i]));
    }
  }

  /// Of the cells side by side; those that cannot miss are finite.
  void find_gaps_in_rows(const AnalysisBlock& block, std::vector<std::uint8_t>& has_gap) const {
    const float* row = block.number_rows;
    for (std::uint8_t& gap : has_gap) {
      unsigned any = 0;
      for (std::int64_t j = 0; j < layout_.columns; ++j) {
        any |= std::fabs(row[j]) <= std::numeric_limits<float>::max() ? 0U : 1U;
      }
      gap = static_cast<std::uint8_t>(any);
      row += block.number_stride;
    }
  }

  void lay_out_rows(const AnalysisBlock& block, std::span<const std::int32_t> rows, double* out) const {
    for (const std::int32_t row : rows) {
      const float* const cells = block.number_rows + row * block.number_stride;
      for (std::int64_t j = 0; j < layout_.columns; ++j) out[j] = double{cells[j]} - task_.pivots[static_cast<std::size_t>(j)];
      out += layout_.whole_right;
    }
  }

  /// d of kCount neighbouring columns, row by row: whole cache lines are written at once.
  template <std::size_t kCount>
  void lay_out(const AnalysisBlock& block, std::span<const std::int32_t> rows, std::int64_t first, double* out) const {
    std::array<const double*, kCount> cells;
    std::array<double, kCount> pivots;
    for (std::size_t j = 0; j < kCount; ++j) {
      cells[j] = cells_of(block, first + static_cast<std::int64_t>(j));
      pivots[j] = task_.pivots[static_cast<std::size_t>(first) + j];
    }
    out += first;
    for (const std::int32_t row : rows) {
      for (std::size_t j = 0; j < kCount; ++j) out[j] = cells[j][row] - pivots[j];
      out += layout_.whole_right;
    }
  }

  void add_whole(const AnalysisBlock& block, std::span<const std::int32_t> rows, Scratch& scratch, double* sums) const {
    const std::int64_t columns = layout_.columns, stride = layout_.whole_right;
    double* const right = scratch.right.data();
    if (block.number_rows != nullptr) {
      lay_out_rows(block, rows, right);
    } else {
      std::int64_t column = 0;
      for (; column + kKernelColumns <= columns; column += kKernelColumns) {
        lay_out<kKernelColumns>(block, rows, column, right);
      }
      for (; column < columns; ++column) lay_out<1>(block, rows, column, right);
    }
    RowProducts products{right, stride, right, stride, std::ssize(rows)};
    for (std::size_t r = 0; r < rows.size(); ++r) right[static_cast<std::int64_t>(r) * stride + layout_.ones] = 1.0;
    if (weighted_) {
      double* left = scratch.left.data();
      products.left = left;
      products.left_stride = layout_.whole_left;
      for (std::size_t r = 0; r < rows.size(); ++r, left += layout_.whole_left) {
        const double weight = block.weights[rows[r]];
        const double* const d = right + static_cast<std::int64_t>(r) * stride;
        for (std::int64_t j = 0; j < columns; ++j) left[j] = weight * d[j];
        left[columns] = weight;
        left[columns + 1] = 1.0;
        left[columns + 2] = weight * weight;
      }
      kernels_.add_products(products, columns, layout_.whole_left, 0, stride, sums);
    } else {
      // Its own left side; the row of ones is where the right side has its ones, and its sums where the left side has w.
      products.left = right + layout_.ones - columns;
      kernels_.add_products(products, columns, columns + 1, 0, stride, sums);
      products.left = right;
    }
    add_upper(products, sums);
  }

  void add_gaps(const AnalysisBlock& block, std::span<const std::int32_t> rows, Scratch& scratch, double* sums) const {
    const std::int64_t columns = layout_.columns, left_stride = layout_.gaps_left, right_stride = layout_.gaps_right;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const double weight = weighted_ ? block.weights[rows[r]] : 1.0;
      double* const left = scratch.left.data() + static_cast<std::int64_t>(r) * left_stride;
      double* const right = scratch.right.data() + static_cast<std::int64_t>(r) * right_stride;
      right[layout_.ones] = 1.0;
      for (std::int64_t j = 0; j < columns; ++j) {
        const double x = cell(block, j, rows[r]);
        const bool present = std::isfinite(x);
        const double d = present ? x - task_.pivots[static_cast<std::size_t>(j)] : 0.0;
        right[j] = d;
        left[j] = weight * d;
        left[layout_.left_square + j] = weight * (d * d);
        if (const std::int64_t mask = layout_.mask[static_cast<std::size_t>(j)]; mask > 0) {
          right[layout_.ones + mask] = present ? 1.0 : 0.0;
        }
      }
      for (std::int64_t m = 0; m < layout_.masks; ++m) {
        const double present = right[layout_.ones + m];
        left[layout_.left_mask + m] = weight * present;
        if (!weighted_) continue;
        left[layout_.left_rows + m] = present;
        left[layout_.left_weight_square + m] = weight * weight * present;
      }
    }
    const RowProducts products{scratch.left.data(), left_stride, scratch.right.data(), right_stride, std::ssize(rows)};
    add_upper(products, sums);
    kernels_.add_products(products, 0, layout_.gaps_left, layout_.ones, right_stride, sums);
  }

  /// Of d x d what is on or above the diagonal.
  void add_upper(const RowProducts& products, double* sums) const {
    for (std::int64_t first = 0; first < layout_.columns; first += kKernelColumns) {
      kernels_.add_products(products, first, std::min(first + kKernelColumns, layout_.columns), first, layout_.ones, sums);
    }
  }

  void read_pair(const double* whole, std::int64_t group, std::int64_t i, std::int64_t j, GroupMoments& moments) const {
    const std::size_t at = moments.at(group, i, j);
    const std::int64_t columns = layout_.columns, low = std::min(i, j), high = std::max(i, j);
    const auto sum = [&](std::int64_t l, std::int64_t r) { return whole[l * layout_.whole_right + r]; };
    moments.pair_weight[at] = sum(columns, layout_.ones);
    moments.pair_rows[at] = weighted_ ? sum(columns + 1, layout_.ones) : moments.pair_weight[at];
    moments.pair_weight_squares[at] = weighted_ ? sum(columns + 2, layout_.ones) : moments.pair_weight[at];
    moments.pair_first[at] = sum(columns, i);
    moments.pair_second[at] = sum(i, i);
    moments.pair_product[at] = sum(low, high);
    if (layout_.gaps_left == 0) return;
    const auto gap = [&](std::int64_t l, std::int64_t r) { return whole[layout_.gaps_at + l * layout_.gaps_right + r]; };
    const std::int64_t own = layout_.mask[static_cast<std::size_t>(i)];
    const std::int64_t other = layout_.ones + layout_.mask[static_cast<std::size_t>(j)];
    moments.pair_weight[at] += gap(layout_.left_mask + own, other);
    moments.pair_rows[at] += gap(layout_.left_rows + own, other);
    moments.pair_weight_squares[at] += gap(layout_.left_weight_square + own, other);
    moments.pair_first[at] += gap(i, other);
    moments.pair_second[at] += gap(layout_.left_square + i, other);
    moments.pair_product[at] += gap(low, high);
  }

  [[nodiscard]] double cell(const AnalysisBlock& block, std::int64_t column, std::int32_t row) const {
    return block.number_rows == nullptr ? cells_of(block, column)[row]
                                        : double{block.number_rows[row * block.number_stride + column]};
  }
  [[nodiscard]] const double* cells_of(const AnalysisBlock& block, std::int64_t column) const {
    return block.numbers[static_cast<std::size_t>(task_.columns[static_cast<std::size_t>(column)])];
  }

  const MomentsTask& task_;
  Layout layout_;
  AnalysisKernels kernels_;
  bool weighted_;
};

}  // namespace

GroupMoments BlockMoments::empty_moments(const MomentsTask& task) {
  GroupMoments moments;
  moments.groups = task.groups.groups();
  moments.columns = std::ssize(task.columns);
  const auto cells = static_cast<std::size_t>(moments.groups * moments.columns);
  moments.n.resize(cells);
  for (auto* values : {&moments.weight, &moments.weight_squares, &moments.first, &moments.second}) values->resize(cells);
  if (!task.pairs) return moments;
  for (auto* values : {&moments.pair_rows, &moments.pair_weight, &moments.pair_weight_squares, &moments.pair_first,
                       &moments.pair_second, &moments.pair_product}) {
    values->resize(cells * static_cast<std::size_t>(moments.columns));
  }
  return moments;
}

std::unique_ptr<BlockMoments> make_pair_moments(const MomentsTask& task, bool weighted, std::string_view level) {
  return std::make_unique<PairMoments>(task, weighted, level);
}

}  // namespace tessera
