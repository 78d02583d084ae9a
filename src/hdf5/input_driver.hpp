// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

#include <cstdint>

namespace tessera::hdf5 {

/// A run of bytes of a file, counted from its first.
struct StoredBytes {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// Makes the file that is opened with `access` be read through our driver, which moreover tells where values lie
/// (WithheldReads). Keeps the other properties. @throws Error (internal) if libhdf5 does not accept it
void use_input_driver(hid_t access);

/// A file that is read through our driver, as long as anything in it is open. Null for other files. An Hdf5Session must be
/// held.
struct DriverFile;
[[nodiscard]] DriverFile* find_driver_file(hid_t file);

/// The descriptor of a file that is read through our driver, owned by HDF5; -1 for other files. An Hdf5Session must be held.
[[nodiscard]] int input_descriptor(hid_t file);

/// From now on, HDF5 gets no collection of the global heap that is damaged (see global_heap.hpp): reading it fails instead.
/// Does nothing for a file that is not read through our driver, or whose sizes do not take eight bytes.
void withhold_damaged_heaps(hid_t file);

/// While it lives, values that HDF5 reads from the file are not fetched: instead their place is recorded. So asking HDF5 for a
/// chunk looks it up in the index, whatever kind that is, in the time of one look-up, where the functions that are made for
/// it (H5Dget_chunk_info_by_coord) walk the index from its beginning. An Hdf5Session must be held.
class WithheldReads {
 public:
  explicit WithheldReads(DriverFile& file);
  ~WithheldReads();
  WithheldReads(const WithheldReads&) = delete;
  WithheldReads& operator=(const WithheldReads&) = delete;

  /// The place of what was read since the last call; false if that were not one read, but none or several.
  [[nodiscard]] bool take(StoredBytes& place);

 private:
  DriverFile& file_;
};

}  // namespace tessera::hdf5
