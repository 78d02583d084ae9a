// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "exact/grid.hpp"

namespace tessera {

/// Loops that turn cells into prepared values, as fast as the processor's vectors go: the same bits at every instruction set.
/// A prepared value is exact::to_grid(clamp_prepared((x - center) / scale * factor), grid), or the column's fill (which
/// may be NaN) where the cell is NaN or infinite.

/// What was odd about a row.
enum Trouble : std::uint8_t { kMissingCell = 1, kUnseenLevel = 2 };

/// The numbers of several columns, side by side.
struct PreparedColumns {
  std::vector<double> center, scale, factor, inverse_unit, unit;
  std::vector<float> fill;

  void add(double column_center, double column_scale, double column_factor, exact::Grid grid, float column_fill);
};

/// Rows of neighbouring cells to rows of neighbouring features: columns [first, first + count) of `columns`.
struct PreparedRun {
  const PreparedColumns* columns;
  std::size_t first, count;
};
/// @param cells of the first row; rows lie `stride_bytes` apart
/// @param out   of the first row; rows lie `out_stride` apart
/// @param trouble [rows] kMissingCell is added for rows with a missing cell
void prepare_rows(const PreparedRun& run, const float* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
                  std::int64_t out_stride, std::uint8_t* trouble);
void prepare_rows(const PreparedRun& run, const double* cells, std::ptrdiff_t stride_bytes, std::int64_t rows, float* out,
                  std::int64_t out_stride, std::uint8_t* trouble);

/// The cells of one column of `columns`, float64 already. @param missing as above
void prepare_cells(const PreparedColumns& columns, std::size_t column, std::span<const double> values, float* out,
                   std::uint8_t* trouble);

/// transform_value(Transform::log1p, x) in place; missing cells stay missing.
void log1p_cells(std::span<double> values);

}  // namespace tessera
