// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tessera::hdf5 {

/// The elements of a chunk, one behind the other, or shuffled: first the first byte of every element, then all second bytes ...
struct ChunkElements {
  const std::byte* data = nullptr;
  std::int64_t count = 0;
  std::size_t element_bytes = 0;
  bool shuffled = false;
};

/// Elements [first, first + count) of `chunk`, one behind the other, into `out` [count * element_bytes].
void copy_elements(const ChunkElements& chunk, std::int64_t first, std::int64_t count, std::byte* out);

/// `rows` runs of `bytes` bytes; their starts lie `from_stride` and `to_stride` bytes apart.
void copy_rows(const std::byte* from, std::size_t from_stride, std::byte* to, std::size_t to_stride, std::size_t bytes,
               std::int64_t rows);

/// What becomes of a part of a stored element in memory: bytes [from, from + bytes) go to [to, to + bytes).
struct ElementPart {
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t bytes = 0;
  std::size_t swapped_bytes = 1;       ///< numbers of this many bytes change their byte order; 1: none
  bool negative_becomes_zero = false;  ///< of int8 seen as uint8, as HDF5 converts it
};

/// How stored elements become those in memory.
struct ElementMap {
  std::size_t stored_bytes = 0;
  std::size_t memory_bytes = 0;
  std::span<const ElementPart> parts;

  /// Elements are the same in memory but for the order or sign of their bytes.
  [[nodiscard]] bool same_size() const {
    return parts.size() == 1 && parts[0].bytes == stored_bytes && stored_bytes == memory_bytes;
  }
  /// Bytes in the file are those in memory.
  [[nodiscard]] bool identical() const { return same_size() && parts[0].swapped_bytes == 1 && !parts[0].negative_becomes_zero; }
};

/// Rows of stored elements, their starts `stride` bytes apart.
struct StoredRows {
  const std::byte* data = nullptr;
  std::size_t stride = 0;
};

/// Takes a rectangle of stored elements, `columns` from the start of each of `rows` rows, to its place in memory, whose rows
/// start `row_stride` bytes apart. Bytes of elements in memory that no part goes to are left alone.
void place_elements(const ElementMap& map, const StoredRows& from, std::int64_t rows, std::int64_t columns, std::byte* to,
                    std::size_t row_stride);

}  // namespace tessera::hdf5
