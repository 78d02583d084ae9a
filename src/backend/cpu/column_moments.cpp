// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "backend/cpu/analysis_kernels.hpp"
#include "backend/cpu/block_moments.hpp"
#include "backend/pair_columns.hpp"

namespace tessera {
namespace {

/// Rows that are laid out at a time: they stay in the first-level cache.
constexpr std::int64_t kTileRows = 64;

class ColumnMoments final : public BlockMoments {
 public:
  ColumnMoments(const MomentsTask& task, bool weighted, std::string_view level)
      : task_(task),
        kernels_(analysis_kernels(level)),
        weighted_(weighted),
        stride_(padded_columns(std::ssize(task.columns))),
        group_size_((weighted ? kWeightedColumnSums : kColumnSums) * stride_) {}

  [[nodiscard]] std::size_t size() const override { return static_cast<std::size_t>(task_.groups.groups() * group_size_); }

  void add(const AnalysisBlock& block, Scratch& scratch, double* sums) const override {
    scratch.row_group.assign(static_cast<std::size_t>(block.rows), -1);
    for_grouped_rows(block, task_.groups, [&](std::int64_t row, std::int64_t group) {
      scratch.row_group[static_cast<std::size_t>(row)] = static_cast<std::int32_t>(group);
    });
    scratch.left.assign(static_cast<std::size_t>(kTileRows * stride_), std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t first = 0; first < block.rows; first += kTileRows) {
      const std::int64_t rows = std::min(kTileRows, block.rows - first);
      for (std::size_t j = 0; j < task_.columns.size(); ++j) {
        const double* const cells = block.numbers[static_cast<std::size_t>(task_.columns[j])] + first;
        double* out = scratch.left.data() + j;
        for (std::int64_t r = 0; r < rows; ++r, out += stride_) *out = cells[r] - task_.pivots[j];
      }
      kernels_.add_grouped_rows(
          {scratch.left.data(), weighted_ ? block.weights + first : nullptr, scratch.row_group.data() + first, rows, stride_},
          sums);
    }
  }

  [[nodiscard]] GroupMoments read(const std::vector<double>& sums) const override {
    GroupMoments moments = empty_group_moments(task_);
    for (std::int64_t group = 0; group < moments.groups; ++group) {
      for (std::int64_t j = 0; j < moments.columns; ++j) {
        const double* const own = sums.data() + group * group_size_ + j;
        const std::size_t at = moments.at(group, j);
        moments.n[at] = static_cast<std::int64_t>(own[0]);
        moments.first[at] = own[stride_];
        moments.second[at] = own[2 * stride_];
        moments.weight[at] = weighted_ ? own[3 * stride_] : own[0];
        moments.weight_squares[at] = weighted_ ? own[4 * stride_] : own[0];
      }
    }
    return moments;
  }

 private:
  const MomentsTask& task_;
  AnalysisKernels kernels_;
  bool weighted_;
  std::int64_t stride_, group_size_;
};

}  // namespace

std::unique_ptr<BlockMoments> make_column_moments(const MomentsTask& task, bool weighted, std::string_view level) {
  return std::make_unique<ColumnMoments>(task, weighted, level);
}

}  // namespace tessera
