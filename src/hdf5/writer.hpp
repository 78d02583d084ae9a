// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tessera/matrix.hpp"
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

/// Bytes of one value; 0 for text.
[[nodiscard]] std::int64_t size_bytes(DataType type);

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
  ~DatasetWriter();
  DatasetWriter(const DatasetWriter&) = delete;
  DatasetWriter& operator=(const DatasetWriter&) = delete;

  /// Appends whole rows of the dataset's own type, row-major: values.size() is a multiple of max(1, columns).
  /// @throws FileError if the disk is full or fails
  template <typename T>
  void append(std::span<const T> values) {
    check_type(data_type_of<T>(), static_cast<std::int64_t>(values.size()));
    append_bytes(reinterpret_cast<const std::byte*>(values.data()), static_cast<std::int64_t>(values.size()));
  }
  template <typename T>
  void append(const std::vector<T>& values) {
    append(std::span<const T>(values));
  }
  /// Appends values that lie densely in memory in the dataset's type. @param values count of cells, not rows
  void append_bytes(const std::byte* data, std::int64_t values);
  /// Appends text cells; longer ones than text_bytes are an internal error, never cut.
  void append(std::span<const std::string_view> cells);
  void append(const TextCells& cells);

  /// Rows appended so far.
  [[nodiscard]] std::int64_t rows() const;

 private:
  friend class FileWriter;
  struct State;
  explicit DatasetWriter(std::unique_ptr<State> state);
  void check_type(DataType type, std::int64_t values) const;
  std::unique_ptr<State> state_;
};

struct FileWriterOptions {
  bool overwrite = false;  ///< replace an existing file; the old one stays whole until commit()
  bool unnamed = false;    ///< a scratch file: `path` is the folder, no name ever shows in it, gone however the process ends
};

/// Writes an HDF5 file that appears whole or not at all: everything goes to a temporary file in the target's folder, which
/// commit() flushes to the disk and renames. Destroyed without commit(): the temporary file is removed.
/// No times are stored: equal content gives equal bytes. Readable by HDF5 1.8 and later, so by bare h5py.
/// One thread at a time. After an exception only destruction is allowed.
class FileWriter {
 public:
  /// @throws FileError: cannot_create if it exists (and not overwrite) or its folder does not, permission, io
  explicit FileWriter(const std::filesystem::path& path, FileWriterOptions options = {});
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Creates a dataset at an absolute or relative HDF5 path; missing groups are created. The reference is valid until commit().
  /// @throws FileError; Error(internal) if the name exists
  DatasetWriter& create_dataset(const std::string& name, const DatasetOptions& options);
  void create_group(const std::string& name);

  /// Creates a dataset and fills it at once: the row count is that of `values`.
  template <typename T>
  DatasetWriter& write(const std::string& name, const std::vector<T>& values, bool compress = false) {
    DatasetWriter& dataset = create_dataset(
        name, {.type = data_type_of<T>(), .rows = static_cast<std::int64_t>(values.size()), .compress = compress});
    dataset.append(values);
    return dataset;
  }
  /// [rows x columns], row-major.
  template <typename T>
  DatasetWriter& write(const std::string& name, MatrixView<const T> values, bool compress = false) {
    DatasetWriter& dataset =
        create_dataset(name, {.type = data_type_of<T>(), .rows = values.rows, .columns = values.columns, .compress = compress});
    dataset.append(std::span<const T>(values.data, static_cast<std::size_t>(values.rows * values.columns)));
    return dataset;
  }
  /// Variable-length UTF-8 text [values.size()].
  DatasetWriter& write_text(const std::string& name, const std::vector<std::string>& values);

  /// Attributes of an existing object; "/" is the root group. Text is variable-length UTF-8.
  void set_attribute(const std::string& object, const std::string& name, std::string_view value);
  void set_attribute(const std::string& object, const std::string& name, const char* value) {
    set_attribute(object, name, std::string_view(value));
  }
  void set_attribute(const std::string& object, const std::string& name, std::int64_t value);
  void set_attribute(const std::string& object, const std::string& name, int value) {
    set_attribute(object, name, std::int64_t{value});
  }
  void set_attribute(const std::string& object, const std::string& name, std::uint64_t value);
  void set_attribute(const std::string& object, const std::string& name, double value);
  void set_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& values);
  void set_attribute(const std::string& object, const std::string& name, const std::vector<std::int64_t>& values);
  void set_attribute(const std::string& object, const std::string& name, const std::vector<double>& values);

  /// Closes the datasets, flushes everything to the disk and gives the file its name.
  /// @throws FileError; Error(internal) if a dataset of known length got fewer rows
  void commit();

  /// Instead of commit() for an unnamed file: closes the datasets.
  /// @returns a path under which this process and its children can open the file for as long as `*this` lives
  [[nodiscard]] std::filesystem::path finish_unnamed();

  [[nodiscard]] const std::filesystem::path& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tessera::hdf5
