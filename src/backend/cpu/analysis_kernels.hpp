// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Columns of the matrices below come in multiples of this.
inline constexpr std::int64_t kKernelColumns = 8;

/// The next multiple of kKernelColumns.
[[nodiscard]] constexpr std::int64_t padded_columns(std::int64_t columns) {
  return (columns + kKernelColumns - 1) / kKernelColumns * kKernelColumns;
}

/// A few rows of two row-major matrices whose products are summed.
struct RowProducts {
  const double* left = nullptr;  ///< [rows x left_stride]
  std::int64_t left_stride = 0;
  const double* right = nullptr;  ///< [rows x right_stride], right_stride padded
  std::int64_t right_stride = 0;
  std::int64_t rows = 0;
};

/// A few rows whose cells are summed by group, column by column.
struct GroupedRows {
  const double* cells = nullptr;         ///< [rows x stride] d = x - pivot, NaN: missing; stride padded
  const double* weights = nullptr;       ///< [rows]; null: every row counts once
  const std::int32_t* groups = nullptr;  ///< [rows] -1: in no group
  std::int64_t rows = 0, stride = 0;
};

/// Sums of a group lie [kinds x stride]: 1, w d, w d^2 over the cells that are present, and with weights w and w^2, too.
inline constexpr std::int64_t kColumnSums = 3, kWeightedColumnSums = 5;

/// The inner loops of moments and tally. Every level returns the same bits.
struct AnalysisKernels {
  /// Adds left' * right into `out`: out[l][c] = fma(left[1][l], right[1][c], fma(left[0][l], right[0][c], out)) and so on, for
  /// l in [left_begin, left_end) and c in [right_begin, right_end), both padded.
  /// @param out  [left x right_stride]; row l of it begins at out + l * right_stride
  void (*add_products)(const RowProducts& products, std::int64_t left_begin, std::int64_t left_end, std::int64_t right_begin,
                       std::int64_t right_end, double* out) = nullptr;
  /// Adds rows to the sums of their groups, in row order, every operation rounded. @param sums  [groups x kinds x stride]
  void (*add_grouped_rows)(const GroupedRows& rows, double* sums) = nullptr;
  /// scale.bin_of() of every cell, missing ones included.
  void (*find_bins)(const BinScale& scale, const double* cells, std::int64_t count, std::int32_t* bins) = nullptr;
};

/// Plain loops: every other level equals them.
[[nodiscard]] AnalysisKernels plain_analysis_kernels();

/// For an instruction-set level by name; "eigen" and levels without a variant of their own are served, too.
[[nodiscard]] AnalysisKernels analysis_kernels(std::string_view level);

}  // namespace tessera
