// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hdf5/writer.hpp"
#include "report/pseudonyms.hpp"
#include "tessera/schema.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// The ids of a table's customers, run by run: a column of it, pseudonyms of that, or row numbers.
class IdReader {
 public:
  /// @param column      empty: row numbers as int64. @throws DataError if there is no such column
  /// @param pseudonyms  stand for the ids of the column, as text; row numbers stay what they are
  IdReader(Table& table, const std::string& column, std::optional<Pseudonyms> pseudonyms = {});

  [[nodiscard]] DataType type() const { return pseudonyms_ ? DataType::text : type_; }
  /// Makes rows [first_row, first_row + rows) current. @throws DataError
  void read(std::int64_t first_row, std::int64_t rows);

  /// Appends the current ids to a dataset of type().
  void append_to(hdf5::DatasetWriter& dataset) const;
  /// Appends the current id `row` (from 0 within the run) as a CSV cell.
  void append_to(std::string& csv, std::int64_t row) const;

 private:
  void read_column(std::int64_t first_row, std::int64_t rows);
  void make_pseudonyms(std::int64_t rows);
  void append_number(std::string& text, std::int64_t row) const;

  Table* table_;
  int column_ = -1;
  DataType type_ = DataType::int64;  ///< of the column
  std::optional<Pseudonyms> pseudonyms_;
  TextCells made_;  ///< the current pseudonyms
  RawChunk chunk_;
  std::vector<std::byte> dense_;  ///< numeric ids, one after the other
};

}  // namespace tessera
