// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hdf5/output_file.hpp"
#include "hdf5/writer.hpp"
#include "table/convert_column.hpp"
#include "table/csv_reader.hpp"

namespace tessera {

/// Collects the cells of a column in its type and appends them to its dataset.
class ColumnWriter {
 public:
  ColumnWriter(hdf5::DatasetWriter& dataset, const ColumnPlan& plan, char decimal_mark);
  /// @throws Error(internal) if the cell is not of the type that the plan promises: the text has changed since
  void add(std::string_view cell, const MissingMarkers& markers);
  void flush();
  [[nodiscard]] std::int64_t buffered_bytes() const;

 private:
  [[nodiscard]] double number_of(std::string_view trimmed) const;
  template <typename T>
  void put(T value);

  hdf5::DatasetWriter* dataset_;
  DataType type_;
  bool date_;
  char decimal_mark_;
  std::vector<std::byte> numbers_;
  TextCells text_;
};

/// The rows that could not be parsed: a CSV of line, reason and the row as it stood. Made when the first one comes.
class RejectFile {
 public:
  /// @param path empty: rows are only counted. @throws FileError if it exists and may not be replaced
  RejectFile(std::filesystem::path path, bool overwrite);
  void add(const CsvRecord& record);
  /// Gives the file its name, or removes one of an earlier conversion. @returns whether there is one
  bool commit();

 private:
  void flush();
  std::filesystem::path path_;
  bool overwrite_;
  std::optional<hdf5::TemporaryFile> file_;
  std::string pending_;
};

}  // namespace tessera
