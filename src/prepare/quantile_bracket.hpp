// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "prepare/quantile.hpp"

namespace tessera {

/// A quantile of one column, every row counting once, exactly and in a single sweep of bounded memory, as long as the rows come
/// in no particular order (Munro & Paterson, Selection and sorting with limited storage, 1980): a bracket of values that must
/// hold it is kept, what lies beyond is counted, and the bracket closes in as cells come. Rows in an order that has to do with
/// the column may lead out of the bracket; finish() then says so, and a QuantileSearch finds the quantile in further sweeps.
class QuantileBracket {
 public:
  /// @param quarter 1..3; 2 is the median
  /// @param rows that will come, at most
  QuantileBracket(int quarter, std::int64_t rows);

  /// @param values no infinite cell; NaN does not count
  /// @param present cells that are not NaN
  void add(std::span<const float> values, std::int64_t present) { add_cells(values, present); }
  void add(std::span<const double> values, std::int64_t present) { add_cells(values, present); }

  /// Once all cells have come: the quantile, or nothing if it left the bracket or there is no cell.
  [[nodiscard]] std::optional<Quantile> finish();

  /// Most bytes that it keeps.
  [[nodiscard]] static std::int64_t most_bytes(std::int64_t rows);

 private:
  template <typename T>
  void add_cells(std::span<const T> values, std::int64_t present);
  void narrow();
  void give_up();
  /// The value of the cell of this rank (from 1), if it lies in the bracket. kept_ must be sorted.
  [[nodiscard]] std::optional<double> value_at(std::int64_t rank) const;

  int quarter_;
  std::int64_t margin_;  ///< ranks kept on either side of the quantile
  std::int64_t present_ = 0;
  bool lost_ = false;
  double low_ = -std::numeric_limits<double>::infinity(), high_ = std::numeric_limits<double>::infinity();
  std::int64_t below_ = 0, at_low_ = 0, at_high_ = 0;  ///< cells below low_, equal to it, and equal to high_
  std::vector<double> kept_;                           ///< those strictly between
};

}  // namespace tessera
