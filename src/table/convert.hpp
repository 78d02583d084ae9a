// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "tessera/schema.hpp"

namespace tessera {

/// What counts as an empty cell, whatever the column. Space around a cell is not looked at; an empty cell always counts.
[[nodiscard]] std::vector<std::string> default_missing_markers();

enum class HeaderPolicy : std::uint8_t {
  automatic,  ///< the first record names the columns unless all its cells are numbers
  present,
  absent,  ///< columns are called col_001, col_002, ...
};

struct ConvertOptions {
  std::filesystem::path input;    ///< CSV, TSV or the like, plain or gzip (by content); a regular file, it is read twice
  std::filesystem::path output;   ///< HDF5 file to be made
  std::filesystem::path rejects;  ///< CSV of the rows that could not be parsed, made only if there are some, readable by its
                                  ///< owner only; empty: the output's name with the extension .rejects.csv
  char delimiter = '\0';          ///< NUL: the one of , ; tab | that the first line has most of
  char decimal_mark = '.';        ///< of numbers; or a comma
  HeaderPolicy header = HeaderPolicy::automatic;
  std::vector<std::string> missing_markers = default_missing_markers();
  bool compress = false;   ///< gzip and shuffle instead of contiguous
  bool overwrite = false;  ///< replace output and rejects
};

/// What became of a column.
struct ConvertedColumn {
  std::string name;     ///< as in the header, made unique
  std::string dataset;  ///< its dataset's HDF5 path: the name, with what HDF5 has no room for replaced
  DataType type = DataType::float64;
  bool date = false;         ///< days since 1970-01-01
  std::int64_t missing = 0;  ///< cells, in rows kept
  std::string note;          ///< what one should know, to follow "column 'x' "; empty: nothing
};

struct RejectedRow {
  std::int64_t line = 0;  ///< of the text, from 1, where the row begins
  std::string reason;
};

struct ConvertReport {
  std::int64_t rows_in = 0;  ///< kept + rejected, always
  std::int64_t rows_kept = 0;
  std::int64_t rows_rejected = 0;
  std::vector<ConvertedColumn> columns;
  std::vector<RejectedRow> first_rejected;  ///< at most 10
  std::filesystem::path rejects;            ///< empty if none was made
  char delimiter = ',';
  bool header = true;
  std::vector<std::string> notes;  ///< about the whole text, one sentence each; those about a column are in `columns`
};

/// Turns delimited text into an HDF5 file with one dataset per column, in memory that does not depend on the number of rows:
/// one pass over the text finds the types, another writes. Quoted fields as in RFC 4180. Numbers are stored in the narrowest
/// type that holds every one exactly as float64 would; what would lose digits as a number stays text (docs/formats.md).
/// @throws FileError; DataError if it is no text, damaged (truncated gzip), empty, or without a single good row
ConvertReport convert_delimited(const ConvertOptions& options, const JobContext& job);

}  // namespace tessera
