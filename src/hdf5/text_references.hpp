// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "hdf5/direct_reader.hpp"
#include "hdf5/element_type.hpp"
#include "hdf5/global_heap.hpp"

namespace tessera::hdf5 {

/// Text of variable length is stored as references to objects of the global heap. HDF5 1.10 follows them without checking that
/// there is such an object, and that it is as long as the reference says: a damaged one makes it write beyond its buffers,
/// often unnoticed until something else crashes. So they are checked before it follows them.
class TextReferences {
 public:
  /// Null if the type holds no text of variable length, or the references are stored in a way that only the library reads.
  [[nodiscard]] static std::unique_ptr<TextReferences> make(const DatasetDescription& description, const ElementType& type);

  /// Checks the references of rows [first, first + rows). @throws DataError if one of them is damaged; as DirectReader
  void check(std::int64_t first, std::int64_t rows);

 private:
  /// Rows that are checked at a time; whole chunks, where these are longer.
  static constexpr std::int64_t kRunRows = std::int64_t{1} << 16;
  static constexpr std::size_t kMostKeptSizes = std::size_t{1} << 20;

  TextReferences() = default;
  void check_run(std::int64_t first, std::int64_t rows);
  [[nodiscard]] bool is_sound(const std::byte* reference);
  [[nodiscard]] const HeapCollection* find_collection(std::uint64_t address);

  DatasetDescription description_;
  std::unique_ptr<DirectReader> reader_;  ///< sees the references as fixed text, and nothing else
  std::size_t element_bytes_ = 0;         ///< of the references of an element
  int descriptor_ = -1;
  std::uint64_t base_address_ = 0;  ///< that the addresses in references are counted from
  std::vector<std::byte> cells_;
  std::unordered_map<std::uint64_t, HeapCollection> collections_;
  std::size_t kept_sizes_ = 0;
};

}  // namespace tessera::hdf5
