// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::hdf5 {

/// A collection of the global heap, where HDF5 files keep text of variable length: its objects, by number.
struct HeapCollection {
  static constexpr std::int64_t kNone = -1;
  std::vector<std::int64_t> object_bytes;  ///< by number; kNone: there is no such object
};

/// Whether a collection seems to begin with these bytes.
[[nodiscard]] bool begins_heap_collection(const void* bytes, std::size_t count);

/// The collection at `address`, counted from the first byte of the file; nullopt if its objects do not fill it one behind the
/// other. HDF5 1.10 does not check that, and copies as many bytes as a damaged size says. For files whose sizes take eight
/// bytes, which is nearly all of them.
[[nodiscard]] std::optional<HeapCollection> read_heap_collection(int descriptor, std::uint64_t address);

}  // namespace tessera::hdf5
