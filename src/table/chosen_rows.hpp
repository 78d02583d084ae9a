// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tessera/table.hpp"

namespace tessera {

/// Some rows of a table: one bit for each, and what it takes to find the i-th chosen one quickly.
class RowBitmap {
 public:
  /// Says whether the next row, from 0 on, is chosen.
  void push_back(bool chosen);

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// The row of the chosen one number `index`, in [0, count()).
  [[nodiscard]] std::int64_t select(std::int64_t index) const;
  /// The first chosen row from `row` on; rows() if there is none.
  [[nodiscard]] std::int64_t next(std::int64_t row) const;

 private:
  std::vector<std::uint64_t> words_;
  std::vector<std::int64_t> chosen_before_;  ///< rows chosen before every kWordsPerBlock words
  std::int64_t rows_ = 0, count_ = 0;
};

/// Shows the chosen rows of another table, and no others, as a table of its own: row i is the i-th chosen one. Reads run by run
/// and compacts, so that whatever works on tables works on a part of one.
class ChosenRows final : public Table {
 public:
  /// @param rows  must outlive the table
  /// @throws DataError if the bitmap was made for a table of another length
  ChosenRows(std::unique_ptr<Table> table, const RowBitmap& rows);

  [[nodiscard]] const TableInfo& info() const override { return info_; }
  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override;
  [[nodiscard]] std::int64_t preferred_rows() const override { return table_->preferred_rows(); }
  [[nodiscard]] std::int64_t working_bytes() const override;

 private:
  /// Appends the chosen cells of the run that was just read to `out`, from row `done` on.
  void compact(std::span<const int> columns, std::int64_t done, RawChunk& out) const;

  std::unique_ptr<Table> table_;
  const RowBitmap& rows_;
  TableInfo info_;
  RawChunk run_;                     ///< of the whole table
  std::vector<std::int64_t> taken_;  ///< rows of the run that are chosen
};

}  // namespace tessera
