// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hdf5/chunk_filters.hpp"
#include "hdf5/element_copy.hpp"
#include "hdf5/element_type.hpp"
#include "hdf5/input_driver.hpp"
#include "hdf5/read_tasks.hpp"

namespace tessera::hdf5 {

/// A dataset that is open for reading, as DirectReader sees it.
struct DatasetDescription {
  std::string file;     ///< for messages
  std::string dataset;  ///< for messages
  hid_t file_id = H5I_INVALID_HID;
  hid_t dataset_id = H5I_INVALID_HID;
  std::int64_t rows = 0;
  std::int64_t row_elements = 0;
  std::vector<std::int64_t> chunk;  ///< extents of a chunk; empty: the dataset is contiguous
};

/// Reads a dataset past the HDF5 library, which reads and unpacks one chunk after the other: where the bytes lie is asked of
/// the library, getting and unpacking them are tasks for any thread. Knows contiguous and chunked datasets of one or two
/// dimensions, the filters of ChunkFilters, numbers in both byte orders, text of fixed length, and records of those; for
/// anything else make() or plan() decline, and the library reads. What is read is equal to the bit.
class DirectReader {
 public:
  /// Null if the dataset is of a kind that only the library reads. The dataset must stay open. An Hdf5Session must be held.
  [[nodiscard]] static std::unique_ptr<DirectReader> make(const DatasetDescription& description, const ElementType& type);

  /// Adds tasks that bring rows [first, first + rows) into `out` [rows x row_elements] as Dataset::read() would.
  /// Every address comes from the file, and is checked against its size. The tasks must run, all of them or none, before the
  /// next call; they throw DataError or FileError.
  /// @param wanted members of records, as ElementType::memory_type() has them
  /// @return false, with no task added, if only the library can read this
  [[nodiscard]] bool plan(std::int64_t first, std::int64_t rows, std::span<const char> wanted, std::byte* out,
                          ReadTasks& tasks);

  /// Memory beside `out`: what a thread takes, and what is kept from read to read.
  [[nodiscard]] std::int64_t thread_bytes() const;
  [[nodiscard]] std::int64_t kept_bytes() const { return static_cast<std::int64_t>(kept_.size()) * kept_band_bytes(); }
  /// Limits what is kept; what may not be is unpacked again for every read that ends within it. Call before the first read.
  void keep_at_most(std::int64_t bytes) { most_kept_bytes_ = bytes; }

 private:
  /// A chunk that was unpacked for a read that ended within it; the next read begins there.
  struct KeptChunk {
    std::vector<std::byte> bytes;
    ChunkElements elements;
    bool filled = false;
  };
  /// The kept chunks side by side that hold the same rows.
  struct KeptBand {
    std::int64_t band = -1;
    std::vector<KeptChunk> chunks;
  };
  /// The part of a chunk that a read wants.
  struct ChunkPart {
    std::int64_t first_row = 0;  ///< within the chunk
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::byte* out = nullptr;
    StoredBytes stored = {};
    unsigned skipped_filters = 0;
    KeptChunk* kept = nullptr;  ///< where it is, or is to be, kept; null: nowhere
  };

  /// Larger chunks are left to the library: so few of them fit memory that threads gain nothing.
  static constexpr std::size_t kMostChunkBytes = std::size_t{64} << 20;
  /// Rows that are no longer shuffled but not yet in their place.
  static constexpr std::size_t kPassingRowBytes = std::size_t{1} << 14;
  /// What is read from a contiguous dataset in one piece.
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  /// The same where the bytes are not yet what they are in memory, so that they are still in the cache when they are changed.
  static constexpr std::size_t kPassingPieceBytes = std::size_t{1} << 18;

  DirectReader() = default;
  [[nodiscard]] bool learn_extent(hid_t properties);
  [[nodiscard]] bool learn_chunks(hid_t properties);
  [[nodiscard]] std::size_t row_stride() const { return static_cast<std::size_t>(description_.row_elements) * memory_bytes_; }
  [[nodiscard]] std::size_t stored_chunk_row() const { return static_cast<std::size_t>(chunk_columns_) * stored_bytes_; }
  [[nodiscard]] std::size_t chunk_bytes() const { return static_cast<std::size_t>(chunk_rows_) * stored_chunk_row(); }
  [[nodiscard]] std::int64_t column_chunks() const { return (description_.row_elements + chunk_columns_ - 1) / chunk_columns_; }
  [[nodiscard]] std::int64_t kept_band_bytes() const;

  [[nodiscard]] bool set_map(std::span<const char> wanted);
  void plan_extent(std::int64_t first, std::int64_t rows, std::byte* out, ReadTasks& tasks) const;
  [[nodiscard]] bool plan_chunks(std::int64_t first, std::int64_t rows, std::byte* out, ReadTasks& tasks);
  [[nodiscard]] bool find_chunk(WithheldReads& withheld, std::int64_t band, std::int64_t column_chunk, ChunkPart& part) const;
  void keep_band_at(std::int64_t end_row);
  [[nodiscard]] KeptChunk* kept_chunk(std::int64_t band, std::int64_t column_chunk);
  void add_tasks(const std::vector<ChunkPart>& parts, ReadTasks& tasks) const;

  void read_bytes(StoredBytes place, std::byte* out) const;
  void read_extent(StoredBytes place, std::int64_t rows, std::byte* out, UnpackBuffers& buffers) const;
  void read_chunk(const ChunkPart& part, UnpackBuffers& buffers) const;
  void read_plain_chunk(const ChunkPart& part, UnpackBuffers& buffers) const;
  void unpack_chunk(const ChunkPart& part, UnpackBuffers& buffers) const;
  void place_chunk(const ChunkElements& chunk, const ChunkPart& part, UnpackBuffers& buffers) const;

  DatasetDescription description_;
  DriverFile* driver_file_ = nullptr;
  int descriptor_ = -1;
  std::uint64_t file_bytes_ = 0;
  std::vector<std::optional<ElementPart>> parts_;  ///< of the element, or by member of a record; nullopt: not known
  std::size_t stored_bytes_ = 0;                   ///< of an element
  std::size_t memory_bytes_ = 0;
  std::uint64_t extent_address_ = 0;  ///< of a contiguous dataset
  std::int64_t chunk_rows_ = 0;
  std::int64_t chunk_columns_ = 1;
  ChunkFilters filters_;
  std::vector<ElementPart> wanted_parts_;  ///< of the read that is planned
  ElementMap map_;                         ///< of these
  std::array<KeptBand, 2> kept_;           ///< the last two
  std::int64_t most_kept_bytes_ = std::int64_t{128} << 20;
};

}  // namespace tessera::hdf5
