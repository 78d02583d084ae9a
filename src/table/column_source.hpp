// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hdf5/dataset.hpp"
#include "hdf5/read_tasks.hpp"
#include "hdf5/text.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Hands out the storage of a chunk, buffer by buffer, so that a chunk that is used again allocates nothing.
class ChunkStorage {
 public:
  explicit ChunkStorage(RawChunk& chunk) : chunk_(chunk) {}
  /// At least `bytes` bytes, aligned for any number; contents are unspecified.
  [[nodiscard]] std::byte* numeric(std::size_t bytes);
  /// An empty text column.
  [[nodiscard]] TextCells& text();

 private:
  RawChunk& chunk_;
  std::size_t next_numeric_ = 0;
  std::size_t next_text_ = 0;
};

/// A column of a source, and the place of its view in the chunk.
struct WantedColumn {
  int column = 0;
  int slot = 0;
};

/// Rows of a table, and what they are read into.
struct RowRead {
  std::int64_t first = 0;
  std::int64_t rows = 0;
  ChunkStorage& storage;
  std::vector<ColumnView>& views;
};

/// Columns that are read together, row by row.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  /// Sets views[slot] of each wanted column, and adds the tasks after which they may be looked at. The tasks belong to this
  /// source until release(), whether they ran or not. @throws, here or in the tasks, as Table::read
  virtual void plan(const RowRead& read, std::span<const WantedColumn> wanted, hdf5::ReadTasks& tasks) = 0;
  /// Frees what the tasks have left behind.
  virtual void release() noexcept = 0;
  /// Memory that a row takes while it is read.
  [[nodiscard]] virtual std::int64_t row_bytes() const = 0;
  /// Memory that reading takes beside rows: of each thread, and whatever the threads.
  [[nodiscard]] virtual std::int64_t thread_bytes() const = 0;
  [[nodiscard]] virtual std::int64_t kept_bytes() const = 0;
  /// Limits the latter, for datasets that are read past the HDF5 library. Call before the first read.
  virtual void keep_at_most(std::int64_t bytes) = 0;
  /// Rows of a chunk in the file; 0 if it is not chunked.
  [[nodiscard]] virtual std::int64_t chunk_rows() const = 0;
  /// Walks the index of the chunks. @throws DataError if it is damaged
  virtual void touch_index() const = 0;
};

/// What is done to the cells of a column after they are read.
enum class Decode {
  none,    ///< numbers are seen in place (16-bit ones become float32), text is unpacked
  labels,  ///< integer codes become text
  days,    ///< counts of a unit of time become days (float64); the least int64 is a missing one
  fills,   ///< numbers become float64 (float32 stays), NaN where they are one that stands for a missing cell
};

/// One column of a dataset.
struct DatasetColumn {
  int member = -1;        ///< of a record; -1: the element itself
  std::int64_t cell = 0;  ///< within the row, or within an array member
  Decode decode = Decode::none;
  int labels = -1;  ///< index into the source's lists of labels
  double units_per_day = 1.0;
  std::string missing_text = {};   ///< text that stands for a missing cell
  std::vector<double> fills = {};  ///< numbers that do
};

/// Frees the variable-length text of a read.
class TextRelease {
 public:
  TextRelease(const hdf5::Dataset& dataset, const Hdf5Handle& type, std::int64_t rows, void* buffer)
      : dataset_(dataset), type_(type), rows_(rows), buffer_(buffer) {}
  TextRelease(const TextRelease&) = delete;
  TextRelease& operator=(const TextRelease&) = delete;
  ~TextRelease() { dataset_.release_text(rows_, type_, buffer_); }

 private:
  const hdf5::Dataset& dataset_;
  const Hdf5Handle& type_;
  std::int64_t rows_;
  void* buffer_;
};

/// Columns of one dataset [rows, ...]: a matrix, a vector, or the members of records. The dataset is read once for all of them.
class DatasetSource final : public ColumnSource {
 public:
  /// Decoding of anything but integers, of fills anything but numbers, is left out.
  DatasetSource(hdf5::Dataset dataset, std::vector<DatasetColumn> columns, std::vector<hdf5::CodeLabels> labels = {});

  void plan(const RowRead& read, std::span<const WantedColumn> wanted, hdf5::ReadTasks& tasks) override;
  void release() noexcept override { text_.reset(); }
  [[nodiscard]] std::int64_t row_bytes() const override { return dataset_.row_bytes() + decoded_row_bytes_; }
  [[nodiscard]] std::int64_t thread_bytes() const override { return dataset_.thread_bytes(); }
  [[nodiscard]] std::int64_t kept_bytes() const override { return dataset_.kept_bytes(); }
  void keep_at_most(std::int64_t bytes) override { dataset_.keep_at_most(bytes); }
  [[nodiscard]] std::int64_t chunk_rows() const override { return dataset_.chunk_rows(); }
  void touch_index() const override { dataset_.touch_index(); }
  /// The type of a column as it is seen.
  [[nodiscard]] DataType type_of(int column) const;

 private:
  [[nodiscard]] const hdf5::ElementType& element_of(const DatasetColumn& column) const;
  [[nodiscard]] bool seen_in_place(const DatasetColumn& column) const;
  void decode_fills(const DatasetColumn& column, hdf5::StridedCells cells, std::byte* out) const;
  [[nodiscard]] ColumnView plan_view(const DatasetColumn& column, const std::byte* records, const RowRead& read,
                                     hdf5::ReadTasks& tasks) const;
  void plan_library_read(const RowRead& read, std::span<const char> members, bool variable_text, std::byte* records,
                         hdf5::ReadTasks& tasks);

  hdf5::Dataset dataset_;
  std::vector<DatasetColumn> columns_;
  std::vector<hdf5::CodeLabels> labels_;
  std::int64_t decoded_row_bytes_ = 0;  ///< of numbers that are not seen in place
  std::vector<std::byte> scratch_;      ///< of reads of which nothing is seen in place
  Hdf5Handle memory_type_;              ///< of a read by the library
  std::optional<TextRelease> text_;
};

/// Labels of the codes 0, 1, 2 ...
[[nodiscard]] hdf5::CodeLabels number_labels(std::vector<std::string> labels);
/// The cells of one member of a small dataset of records, as labels of the codes 0, 1, 2 ...
[[nodiscard]] hdf5::CodeLabels read_member_labels(hdf5::Dataset table, int member);

/// A source of one column whose missing cells are marked in a second one: numbers become float64 with NaN, text becomes empty.
class MaskedSource final : public ColumnSource {
 public:
  /// `values` and `mask` (numbers; not zero: missing) have one column each and the same rows.
  MaskedSource(std::unique_ptr<DatasetSource> values, std::unique_ptr<DatasetSource> mask);
  void plan(const RowRead& read, std::span<const WantedColumn> wanted, hdf5::ReadTasks& tasks) override;
  void release() noexcept override;
  [[nodiscard]] std::int64_t row_bytes() const override { return values_->row_bytes() + mask_->row_bytes() + 8; }
  [[nodiscard]] std::int64_t thread_bytes() const override { return std::max(values_->thread_bytes(), mask_->thread_bytes()); }
  [[nodiscard]] std::int64_t kept_bytes() const override { return values_->kept_bytes() + mask_->kept_bytes(); }
  void keep_at_most(std::int64_t bytes) override {
    values_->keep_at_most(bytes);
    mask_->keep_at_most(bytes - values_->kept_bytes());
  }
  [[nodiscard]] std::int64_t chunk_rows() const override { return values_->chunk_rows(); }
  void touch_index() const override;
  [[nodiscard]] DataType type() const { return values_->type_of(0) == DataType::text ? DataType::text : DataType::float64; }

 private:
  [[nodiscard]] bool is_missing(std::int64_t row) const;
  void mask_text(std::int64_t rows, TextCells& out) const;
  void mask_numbers(std::int64_t rows, double* out) const;

  std::unique_ptr<DatasetSource> values_;
  std::unique_ptr<DatasetSource> mask_;
  RawChunk unmasked_;
};

}  // namespace tessera
