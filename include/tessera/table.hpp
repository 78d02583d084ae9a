// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/observer.hpp"
#include "tessera/schema.hpp"

namespace tessera {

/// Text cells of one column, packed: cell i is bytes [offsets[i], offsets[i + 1]). An empty cell is a missing value.
struct TextCells {
  std::string bytes;
  std::vector<std::int64_t> offsets{0};  ///< [rows + 1]

  [[nodiscard]] std::string_view operator[](std::int64_t row) const {
    const auto i = static_cast<std::size_t>(row);
    return std::string_view(bytes).substr(static_cast<std::size_t>(offsets[i]),
                                          static_cast<std::size_t>(offsets[i + 1] - offsets[i]));
  }
  void clear() {
    bytes.clear();
    offsets.assign(1, 0);
  }
  void push_back(std::string_view cell) {
    bytes.append(cell);
    offsets.push_back(static_cast<std::int64_t>(bytes.size()));
  }
};

/// One column of a raw chunk. A numeric column is a strided view, so that a 2-D dataset, a group of 1-D datasets and a
/// compound table are all read once, without a second copy. Text has `text` set and no data.
struct ColumnView {
  DataType type = DataType::float64;
  const std::byte* data = nullptr;
  std::ptrdiff_t stride_bytes = 0;
  const TextCells* text = nullptr;
};

/// A run of rows in original units. Owns the storage that its views point into; reuse it for the next read.
struct RawChunk {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::vector<ColumnView> columns;  ///< in the order asked for

  std::vector<std::vector<std::byte>> numeric_storage;  ///< backing of `columns`; the table decides how it is cut
  std::vector<std::unique_ptr<TextCells>> text_storage;
};

/// What was recognised in a file.
struct TableInfo {
  std::filesystem::path path;
  std::string layout;   ///< for people: "2-D dataset /features with 3 sibling columns", "pandas table /df", ...
  std::string dataset;  ///< HDF5 path of the group or dataset that holds the customers
  std::int64_t rows = 0;
  std::vector<ColumnSchema> columns;
  std::vector<std::string> notes;  ///< one sentence each: what was skipped or assumed, and why
};

/// A table of customers: rows x columns, read by runs of rows. One thread at a time.
class Table {
 public:
  virtual ~Table() = default;
  [[nodiscard]] virtual const TableInfo& info() const = 0;
  /// Reads rows [first_row, first_row + rows) of the named columns (indices into info().columns) into `out`.
  /// @throws DataError with dataset, row and column if the file is damaged; FileError if it cannot be read.
  virtual void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) = 0;
  /// Rows per read that suit the file's chunks; a multiple of 4,096.
  [[nodiscard]] virtual std::int64_t preferred_rows() const = 0;
  /// Memory that reading takes beside the chunk that is filled: buffers for unpacking, and what is kept for the next read.
  [[nodiscard]] virtual std::int64_t working_bytes() const { return 0; }
};

struct TableOptions {
  std::string dataset;                  ///< HDF5 path; empty: the only candidate
  std::filesystem::path scratch = {};   ///< where a CSV is converted to a temporary table; empty: the system's place
  Observer* observer = nullptr;         ///< follows that conversion; may be null
  const CancelToken* cancel = nullptr;  ///< stops it; may be null
  int threads = 1;                      ///< that fetch and unpack the values of an HDF5 file
};

/// Opens an HDF5 file or (by content) a CSV/TSV, plain or gzip. The metadata of an HDF5 file is walked first by a forked child
/// with limits on time and memory, because libhdf5 can crash on corrupt files; the child's death is a DataError.
/// @throws FileError if it does not exist or cannot be read; DataError if no table, or several, are in it (lists them).
[[nodiscard]] std::unique_ptr<Table> open_table(const std::filesystem::path& path, const TableOptions& options = {});

}  // namespace tessera
