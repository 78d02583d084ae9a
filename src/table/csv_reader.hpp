// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "table/csv_source.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// One record of delimited text. Views are valid until the next one is read.
struct CsvRecord {
  std::int64_t line = 0;   ///< of the text, from 1, where it begins
  std::string_view bytes;  ///< as it stands in the text, terminator included
  TextCells fields;        ///< without quotes; space around unquoted ones is gone
  std::string error;       ///< why it cannot be parsed; empty: fields are good

  [[nodiscard]] std::int64_t field_count() const { return static_cast<std::int64_t>(fields.offsets.size()) - 1; }
};

/// The records of delimited text. Quoting as in RFC 4180, and a quote inside of an unquoted field stands for itself. Empty
/// lines are no records. What cannot be parsed is a record with an error, and reading goes on behind its first line.
class CsvReader {
 public:
  /// @throws FileError; DataError if it is not a regular file
  CsvReader(const std::filesystem::path& path, char delimiter);
  ~CsvReader();

  /// The next record; false at the end.
  /// @throws FileError; DataError if the gzip stream is damaged or cut off
  bool next(CsvRecord& record);

 private:
  struct Parser;
  bool parse_line(std::string_view line, CsvRecord& record);
  void check_bytes(CsvRecord& record) const;
  void reject_first_line(CsvRecord& record, std::string reason);

  CsvSource source_;
  std::unique_ptr<Parser> parser_;
};

/// The one of , ; tab | that the first line of the text has most of outside of quotes; a comma if there is none.
/// @throws as CsvReader
[[nodiscard]] char detect_delimiter(const std::filesystem::path& path);

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace tessera
