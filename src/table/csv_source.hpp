// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tessera {

/// One physical line: its terminator (LF, CR LF or CR) included; the last one of a file may have none.
struct CsvLine {
  std::string_view bytes;
  bool too_long = false;  ///< beyond kMostRecordBytes: only its beginning is there, the rest was skipped
};

/// A record, and with it a quoted cell, may not be longer: a quote that is never closed would swallow the file.
inline constexpr std::size_t kMostRecordBytes = std::size_t{1} << 24;

/// The lines of a text file, plain or gzip (by content), read in blocks. Since the quotes of a record can prove wrong only many
/// lines later, reading can go back to any line of the present record.
class CsvSource {
 public:
  /// @throws FileError; DataError if it is not a regular file
  explicit CsvSource(const std::filesystem::path& path);
  ~CsvSource();
  CsvSource(const CsvSource&) = delete;
  CsvSource& operator=(const CsvSource&) = delete;

  /// From here on bytes may be forgotten: the next line begins a record.
  void begin_record();
  /// The next line; false at the end. The view is valid until the next call that is not rewind().
  /// @throws FileError; DataError if the gzip stream is damaged or cut off
  bool next_line(CsvLine& line);
  /// What was read since begin_record().
  [[nodiscard]] std::string_view record() const;
  /// Goes back to just behind the first line of the record.
  void rewind_to_second_line();
  /// Number of the line that the record begins with, from 1.
  [[nodiscard]] std::int64_t record_line() const { return record_line_; }
  [[nodiscard]] std::int64_t record_lines() const { return line_ - record_line_; }

 private:
  struct Stream;
  void refill();
  void forget();
  void go_to(std::size_t position);
  void skip_rest_of_line();
  [[nodiscard]] std::size_t find_line_end();

  std::unique_ptr<Stream> stream_;
  std::filesystem::path path_;
  std::string buffer_;
  std::size_t record_begin_ = 0;
  std::size_t position_ = 0;
  std::size_t first_line_end_ = 0;
  std::size_t next_newline_ = 0;  ///< first LF at or behind position_, or how far there is none
  bool newline_known_ = false;
  bool at_end_ = false;
  std::int64_t line_ = 1;  ///< number of the line at position_
  std::int64_t record_line_ = 1;
};

}  // namespace tessera
