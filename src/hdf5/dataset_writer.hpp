// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "hdf5/element_type.hpp"
#include "hdf5/handle.hpp"
#include "hdf5/output_file.hpp"
#include "tessera/schema.hpp"
#include "tessera/table.hpp"

namespace tessera::hdf5 {

/// DataType of an arithmetic C++ type, as it lies in memory. bool is not stored: use uint8.
template <typename T>
[[nodiscard]] constexpr DataType data_type_of() {
  static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8);
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? DataType::float32 : DataType::float64;
  constexpr DataType kSigned[] = {DataType::int8, DataType::int16, DataType::int32, DataType::int64};
  constexpr DataType kUnsigned[] = {DataType::uint8, DataType::uint16, DataType::uint32, DataType::uint64};
  constexpr int kIndex = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return std::is_signed_v<T> ? kSigned[kIndex] : kUnsigned[kIndex];
}

/// Shape and storage of a dataset to be written.
struct DatasetOptions {
  DataType type = DataType::float64;
  std::int64_t rows = -1;       ///< -1: not known yet, the dataset grows (chunked); else exactly so many must be appended
  std::int64_t columns = 0;     ///< 0: one-dimensional [rows]; else [rows x columns]. Text is one-dimensional
  bool compress = false;        ///< gzip level 4 with shuffle, chunked; false and rows known: contiguous
  std::int64_t text_bytes = 0;  ///< text: bytes per cell, padded with NUL; 0: variable length. UTF-8 either way
};

/// What is written of one dataset, rows in order. Lives inside its FileWriter.
class DatasetWriter {
 public:
  /// Made by FileWriter, which lends the open file and the temporary file beneath it.
  DatasetWriter(hid_t hdf5_file, TemporaryFile& temporary, const std::string& name, const DatasetOptions& options);

  /// Appends whole rows of the dataset's own type, row-major: values.size() is a multiple of max(1, columns).
  /// @throws FileError if the disk is full or fails
  template <typename T>
  requires std::is_arithmetic_v<T>
  void append(std::span<T> values) {
    check_type(data_type_of<std::remove_const_t<T>>(), static_cast<std::int64_t>(values.size()));
    append_bytes(reinterpret_cast<const std::byte*>(values.data()), static_cast<std::int64_t>(values.size()));
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void append(const std::vector<T>& values) { append(std::span<const T>(values)); }
  /// Appends values that lie densely in memory in the dataset's type. @param values count of cells, not rows
  void append_bytes(const std::byte* data, std::int64_t values);
  /// Appends text cells; longer ones than text_bytes are an internal error, never cut.
  void append(std::span<const std::string_view> cells);
  void append(const TextCells& cells);

  /// Rows appended so far.
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const DatasetOptions& options() const { return options_; }

 private:
  void check_type(DataType type, std::int64_t values) const;
  void write_rows(const void* data, std::int64_t count);
  void write_fixed(std::span<const std::string_view> cells);
  void write_variable(std::span<const std::string_view> cells);

  TemporaryFile* temporary_;
  std::string name_;
  DatasetOptions options_;
  Hdf5Handle type_;
  Hdf5Handle dataset_;
  std::int64_t rows_ = 0;
};

}  // namespace tessera::hdf5
