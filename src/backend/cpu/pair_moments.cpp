// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "backend/cpu/analysis_kernels.hpp"
#include "backend/cpu/block_moments.hpp"
#include "backend/pair_columns.hpp"

namespace tessera {
namespace {

/// Rows that are laid out at a time: they stay in the first-level cache.
constexpr std::size_t kTileRows = 64;

/// How the sums of one group lie side by side: two row-major matrices [left x right], as PairColumns says.
struct Layout : PairColumns {
  Layout(const MomentsTask& task, bool weights) : PairColumns(task, weights) {
    ones = padded_columns(columns);
    whole_right = padded_columns(ones + 1);
    if (!gaps()) return;
    gaps_at = whole_left() * whole_right;
    gaps_right = padded_columns(columns) + padded_columns(masks());
  }
  std::int64_t ones = 0;  ///< first right column of 1, or of m
  std::int64_t whole_right = 0;
  std::int64_t gaps_at = 0;  ///< where the second matrix begins
  std::int64_t gaps_right = 0;
  [[nodiscard]] std::int64_t size() const { return whole_left() * whole_right + gaps_left() * gaps_right; }
};

class PairMoments final : public BlockMoments {
 public:
  PairMoments(const MomentsTask& task, bool weighted, std::string_view level)
      : task_(task), layout_(task, weighted), kernels_(analysis_kernels(level)), weighted_(weighted) {}

  [[nodiscard]] std::size_t size() const override { return static_cast<std::size_t>(task_.groups.groups() * layout_.size()); }

  void add(const AnalysisBlock& block, Scratch& scratch, double* sums) const override {
    scratch.groups.sort(block, task_.groups);
    layout_.find_gaps(block, task_, scratch.has_gap);
    scratch.left.resize(kTileRows * static_cast<std::size_t>(std::max(layout_.whole_left(), layout_.gaps_left())));
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
    GroupMoments moments = empty_group_moments(task_);
    for (std::int64_t group = 0; group < moments.groups; ++group) {
      const double* const whole = sums.data() + group * layout_.size();
      const double* const gap = whole + layout_.gaps_at;
      const auto place = [&](std::int64_t right) {
        return right < layout_.columns ? right : layout_.ones + right - layout_.columns;
      };
      layout_.read(
          group, [&](std::int64_t l, std::int64_t r) { return whole[l * layout_.whole_right + place(r)]; },
          [&](std::int64_t l, std::int64_t r) { return gap[l * layout_.gaps_right + place(r)]; }, moments);
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
      products.left_stride = layout_.whole_left();
      for (std::size_t r = 0; r < rows.size(); ++r, left += layout_.whole_left()) {
        const double weight = block.weights[rows[r]];
        const double* const d = right + static_cast<std::int64_t>(r) * stride;
        for (std::int64_t j = 0; j < columns; ++j) left[j] = weight * d[j];
        left[columns] = weight;
        left[columns + 1] = 1.0;
        left[columns + 2] = weight * weight;
      }
      kernels_.add_products(products, columns, layout_.whole_left(), 0, stride, sums);
    } else {
      // Its own left side; the row of ones is where the right side has its ones, and its sums where the left side has w.
      products.left = right + layout_.ones - columns;
      kernels_.add_products(products, columns, columns + 1, 0, stride, sums);
      products.left = right;
    }
    add_upper(products, sums);
  }

  void add_gaps(const AnalysisBlock& block, std::span<const std::int32_t> rows, Scratch& scratch, double* sums) const {
    const std::int64_t columns = layout_.columns, left_stride = layout_.gaps_left(), right_stride = layout_.gaps_right;
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
        left[layout_.left_square() + j] = weight * (d * d);
        if (const std::int64_t mask = layout_.mask[static_cast<std::size_t>(j)]; mask > 0) {
          right[layout_.ones + mask] = present ? 1.0 : 0.0;
        }
      }
      for (std::int64_t m = 0; m < layout_.masks(); ++m) {
        const double present = right[layout_.ones + m];
        left[layout_.left_mask() + m] = weight * present;
        if (!weighted_) continue;
        left[layout_.left_rows() + m] = present;
        left[layout_.left_weight_square() + m] = weight * weight * present;
      }
    }
    const RowProducts products{scratch.left.data(), left_stride, scratch.right.data(), right_stride, std::ssize(rows)};
    add_upper(products, sums);
    kernels_.add_products(products, 0, layout_.gaps_left(), layout_.ones, right_stride, sums);
  }

  /// Of d x d what is on or above the diagonal.
  void add_upper(const RowProducts& products, double* sums) const {
    for (std::int64_t first = 0; first < layout_.columns; first += kKernelColumns) {
      kernels_.add_products(products, first, std::min(first + kKernelColumns, layout_.columns), first, layout_.ones, sums);
    }
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

std::unique_ptr<BlockMoments> make_pair_moments(const MomentsTask& task, bool weighted, std::string_view level) {
  return std::make_unique<PairMoments>(task, weighted, level);
}

}  // namespace tessera
