// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hdf5/direct_reader.hpp"
#include "hdf5/element_type.hpp"
#include "hdf5/handle.hpp"
#include "hdf5/input_file.hpp"
#include "hdf5/read_tasks.hpp"
#include "hdf5/text_references.hpp"

namespace tessera::hdf5 {

/// A dataset whose first dimension is rows. Opened to be looked at; call prepare_to_read() before the first read().
class Dataset {
 public:
  /// @throws DataError if it is damaged or has more than 2^53 rows
  Dataset(const InputFile& file, const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] hid_t id() const { return handle_.get(); }
  [[nodiscard]] const ElementType& type() const { return type_; }
  /// Extents; empty for a scalar. An absent dataspace (H5S_NULL) has one extent of zero.
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  [[nodiscard]] std::int64_t rows() const { return shape_.empty() ? 1 : shape_.front(); }
  /// Elements of one row: the product of the other extents.
  [[nodiscard]] std::int64_t row_elements() const { return row_elements_; }
  [[nodiscard]] std::int64_t row_bytes() const { return row_elements_ * static_cast<std::int64_t>(type_.memory_bytes); }
  /// Rows of a chunk; 0 if the dataset is not chunked.
  [[nodiscard]] std::int64_t chunk_rows() const { return chunk_rows_; }
  /// "1,000 x 5, float32"
  [[nodiscard]] std::string description() const;

  /// Checks that the values are in this file and that their filters are there, and makes room to unpack each chunk only once.
  /// @throws DeviceError that names a missing filter; DataError if the values are elsewhere
  void prepare_to_read();
  /// Rows [first, first + rows) into `out` [rows x row_elements] of `memory_type`.
  /// @throws DataError, FileError or DeviceError
  void read(std::int64_t first, std::int64_t rows, const Hdf5Handle& memory_type, void* out) const;
  /// Adds tasks that read the same past the HDF5 library, without its lock; see DirectReader::plan(), also for `wanted`.
  /// @return false, with no task added, if it takes read()
  [[nodiscard]] bool plan_read(std::int64_t first, std::int64_t rows, std::span<const char> wanted, std::byte* out,
                               ReadTasks& tasks) const;
  /// Memory that reading takes beside `out`: of each thread, and whatever the threads.
  [[nodiscard]] std::int64_t thread_bytes() const { return direct_ == nullptr ? 0 : direct_->thread_bytes(); }
  [[nodiscard]] std::int64_t kept_bytes() const { return direct_ == nullptr ? cache_bytes_ : direct_->kept_bytes(); }
  /// See DirectReader. Does not limit what the library keeps.
  void keep_at_most(std::int64_t bytes) {
    if (direct_ != nullptr) direct_->keep_at_most(bytes);
  }
  /// Frees the variable-length text that read() left in `buffer`.
  void release_text(std::int64_t rows, const Hdf5Handle& memory_type, void* buffer) const;
  /// Walks the index of the chunks, so that damage in it shows now. @throws DataError
  void touch_index() const;

 private:
  void learn_storage(hid_t properties);
  void reopen_with_cache();

  std::string file_;
  std::string path_;
  hid_t file_id_ = H5I_INVALID_HID;
  Hdf5Handle handle_;
  ElementType type_;
  std::vector<std::int64_t> shape_;
  std::int64_t row_elements_ = 1;
  std::vector<std::int64_t> chunk_shape_;
  std::int64_t chunk_rows_ = 0;
  std::int64_t chunk_band_bytes_ = 0;  ///< of the chunks that hold one run of chunk_rows_ rows
  std::int64_t cache_bytes_ = 0;       ///< that HDF5 may keep of unpacked chunks
  bool filtered_ = false;
  std::unique_ptr<DirectReader> direct_;  ///< null: only the library reads it
  std::unique_ptr<TextReferences> text_;  ///< null: there are none that can be checked
};

/// The whole of a small 1-D text (or numeric, written out) dataset, for names and labels. At most 2^20 cells.
/// @throws DataError if it is not 1-D or too long
[[nodiscard]] std::vector<std::string> read_labels(Dataset& dataset);

}  // namespace tessera::hdf5
