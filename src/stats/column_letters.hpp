// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stats/p_adjust.hpp"
#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// A cell of a cross-tab holds a significantly larger share of its column than another column's cell in the same row.
struct ColumnContrast {
  std::int64_t row = 0;
  std::int32_t column = 0;
  std::int32_t larger_than = 0;  ///< the other column
  double p = kUndefined;         ///< adjusted
};

/// Column-proportion z tests: in each row, every pair of columns, adjusted within the row over all pairs that can be tested
/// (the letters of market-research tables). Ordered by row, column, other column.
/// @param counts           [r x c] effective counts
/// @param column_totals    [c] effective bases; those of the counts if empty
/// @param significance     adjusted p below this is a contrast
[[nodiscard]] std::vector<ColumnContrast> column_contrasts(MatrixView<const double> counts,
                                                           std::span<const double> column_totals = {},
                                                           Adjustment adjustment = Adjustment::bonferroni,
                                                           double significance = 0.05);

/// A, B, ... Z, AA, AB, ...
[[nodiscard]] std::string column_letter(std::int64_t column);

}  // namespace tessera::stats
