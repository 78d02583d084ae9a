// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/column_picks.hpp"
#include "prepare/row_expression.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Tells the rows that a condition holds for. What is missing is neither equal nor unequal to anything, nor smaller or greater:
/// a comparison with it is unknown, `not` leaves it so, and a row is kept only where the whole is true (Kleene's logic, as
/// SQL).
class RowFilter {
 public:
  /// @param text a condition as parse_filter() reads it; empty: every row. Text in quotes compares by bytes with a column of
  ///             text, and as an ISO 8601 date with a column of dates
  /// @throws ConfigError: usage if it does not parse, config if it does not fit the table's columns
  RowFilter(std::string_view text, std::string_view option, ColumnPicks& picks);

  /// keep[i] = 1 where row i of the chunk, read with the picks' columns, is asked for, else 0.
  void apply(const RawChunk& chunk, std::vector<std::int8_t>& keep) const;

 private:
  void bind(FilterNode& node, std::string_view option, ColumnPicks& picks);

  FilterNode root_;
  std::vector<int> positions_;  ///< of the comparing nodes in the order of bind() and apply()
  bool every_row_ = false;
};

/// Product of numeric columns, such as Quantity*UnitPrice, or one column.
class RowProduct {
 public:
  /// @param text as parse_product() reads it, or the exact name of one column whatever signs it holds
  /// @throws ConfigError: usage if it does not parse, config for a column that is not there or not a number
  RowProduct(std::string_view text, std::string_view option, ColumnPicks& picks);

  /// values[i] of every row of the chunk; NaN where a factor is missing.
  void apply(const RawChunk& chunk, std::vector<double>& values) const;

 private:
  std::vector<int> positions_;
};

}  // namespace tessera
