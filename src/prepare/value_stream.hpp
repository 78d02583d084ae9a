// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// The columns that a plan is learned from, as indices into TableInfo::columns.
struct LearnColumns {
  std::vector<int> numeric;   ///< become float64 values; dates: days before as-of
  std::vector<bool> is_date;  ///< [numeric]
  std::vector<int> nominal;   ///< read as labels
  int weight = -1;            ///< -1: every row counts once
  double as_of_days = 0.0;
  MissingPolicy missing = MissingPolicy::impute;
  std::string missing_counts;  ///< for the message under MissingPolicy::error
  double largest_weight = 1.0;
};

/// The numeric columns of a raw chunk, its first ones, as the learners see them: float64, NaN where missing, dates as days
/// before as-of. @param out [numeric columns x rows]
void convert_values(const RawChunk& raw, const LearnColumns& columns, ThreadPool& threads, std::vector<double>& out);

/// A run of rows ready for the learners.
struct ValueChunk {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::span<const double> values;       ///< [numeric columns x rows], NaN: missing
  std::span<const double> weights;      ///< [rows], 0: not fitted; empty: every row counts once
  std::span<const std::int64_t> units;  ///< [rows] weights in the plan's units; empty like weights
  const RawChunk* raw = nullptr;        ///< first sweep only: nominal cells are raw->columns[numeric columns + i]

  [[nodiscard]] std::span<const double> column(std::int64_t j) const {
    return values.subspan(static_cast<std::size_t>(j * rows), static_cast<std::size_t>(rows));
  }
};

/// Sweeps the learning columns as often as needed, always the same rows in the same order. Keeps the values in memory for
/// later sweeps if there may be some and they fit the budget, else reads the table again.
class ValueStream {
 public:
  ValueStream(Table& table, LearnColumns columns, const JobContext& job, std::int64_t budget_bytes, bool several_sweeps);

  /// @throws DataError (first sweep): a weight that is missing, infinite or negative; a missing cell under MissingPolicy::error
  void for_each(const std::function<void(const ValueChunk&)>& visit);
  [[nodiscard]] const LearnColumns& columns() const { return columns_; }

 private:
  struct Kept {
    std::int64_t first_row = 0, rows = 0;
    std::vector<double> values, weights;
    std::vector<std::int64_t> units;
    [[nodiscard]] ValueChunk view() const { return {first_row, rows, values, weights, units, nullptr}; }
  };
  void convert(const RawChunk& raw, Kept& chunk) const;
  void check_weights(const Kept& chunk) const;
  void handle_missing(const RawChunk& raw, Kept& chunk) const;
  [[nodiscard]] bool uses_weights() const { return columns_.weight >= 0 || columns_.missing == MissingPolicy::drop_row; }

  Table& table_;
  LearnColumns columns_;
  const JobContext& job_;
  std::vector<int> read_columns_;  // numeric, nominal, weight
  std::int64_t chunk_rows_ = 0;
  bool keep_ = false;
  bool swept_ = false;
  std::vector<Kept> kept_;
};

}  // namespace tessera
