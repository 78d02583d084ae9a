// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hdf5/element_copy.hpp"
#include "hdf5/read_tasks.hpp"

namespace tessera::hdf5 {

/// The filters of a dataset's chunks, undone without the HDF5 library: deflate (gzip), shuffle and fletcher32, each at most
/// once, shuffle before deflate.
class ChunkFilters {
 public:
  /// nullopt if there are others. An Hdf5Session must be held.
  /// @param chunk_bytes of a chunk without filters
  [[nodiscard]] static std::optional<ChunkFilters> describe(hid_t creation_properties, std::size_t element_bytes,
                                                            std::size_t chunk_bytes);

  [[nodiscard]] bool empty() const { return filters_.empty(); }
  /// A chunk in the file is not larger than this, or something is wrong with it.
  [[nodiscard]] std::size_t most_stored_bytes() const;
  /// Bytes that reading and undoing take per thread, the stored chunk among them.
  [[nodiscard]] std::size_t working_bytes() const;
  /// Whether all filters of a chunk with this mask were skipped.
  [[nodiscard]] bool plain(unsigned skipped) const;
  /// Whether undo() leaves the elements shuffled.
  [[nodiscard]] bool leaves_shuffled(unsigned skipped) const;

  /// Undoes the filters of the stored bytes, except those whose bit is set in `skipped`; a shuffle that is undone last is left
  /// to copy_elements(). The result lies in `into` [chunk_bytes] if that is not null and anything was unpacked, else in
  /// `stored` or in `buffers`.
  /// @throws Damage
  [[nodiscard]] ChunkElements undo(unsigned skipped, std::span<const std::byte> stored, UnpackBuffers& buffers,
                                   std::byte* into) const;

  /// Why a chunk cannot be unpacked: "its gzip stream is damaged".
  struct Damage {
    const char* reason;
  };

 private:
  enum class Filter { deflate, shuffle, fletcher32 };

  [[nodiscard]] std::size_t bytes_below(std::size_t filter, unsigned skipped) const;
  [[nodiscard]] bool is_active(std::size_t filter, unsigned skipped) const;
  [[nodiscard]] bool is_last(std::size_t filter, unsigned skipped) const;
  void unshuffle(std::span<const std::byte> bytes, std::byte* out) const;

  std::vector<Filter> filters_;  ///< in the order of writing
  std::size_t element_bytes_ = 1;
  std::size_t chunk_bytes_ = 0;
};

/// HDF5's variant of the checksum by John Fletcher (1982): of 16-bit big-endian words, sums modulo 65,535.
[[nodiscard]] std::uint32_t fletcher32(std::span<const std::byte> bytes);

}  // namespace tessera::hdf5
