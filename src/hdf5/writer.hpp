// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hdf5/dataset_writer.hpp"
#include "hdf5/handle.hpp"
#include "hdf5/output_file.hpp"
#include "tessera/matrix.hpp"

namespace tessera::hdf5 {

struct FileWriterOptions {
  bool overwrite = false;  ///< replace an existing file; the old one stays whole until commit()
  bool scratch = false;    ///< a temporary table: `path` is a folder, and no name shows in it before finish_scratch()
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
  /// As text of fixed length: for readers that do not trust the file, because reading text of variable length from a damaged
  /// one can crash HDF5.
  void set_fixed_attribute(const std::string& object, const std::string& name, std::string_view value);
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

  /// Instead of commit() for scratch: closes the datasets and shows the file until `*this` is destroyed. Whoever has it open
  /// by then keeps it; nothing is left on the disk after that.
  [[nodiscard]] const std::filesystem::path& finish_scratch();

  [[nodiscard]] const std::filesystem::path& path() const { return temporary_.path(); }

 private:
  void create_groups(const std::string& name);
  /// `count` values, or one scalar if negative.
  void write_attribute(const std::string& object, const std::string& name, hid_t type, std::int64_t count, const void* values);
  void write_text_attribute(const std::string& object, const std::string& name, std::int64_t count,
                            const std::vector<std::string>& values);
  void close();

  TemporaryFile temporary_;  // outlives the handles below
  Hdf5Handle file_;
  std::deque<DatasetWriter> datasets_;
};

}  // namespace tessera::hdf5
