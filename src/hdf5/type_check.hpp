// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

namespace tessera::hdf5 {

/// Whether the parts of a type lie within it: the bits of a number within its bytes, the members of a record and the cells of
/// an array within theirs, however deep. HDF5 1.10 believes what a file says of that, and reads and writes beyond its buffers
/// when it converts values of a damaged type.
[[nodiscard]] bool is_sound_type(hid_t type);

/// Whether values of a type take another size in memory than in the file, where text and sequences of variable length are
/// references. Of the type of a dataset HDF5 tells sizes and offsets in memory.
[[nodiscard]] bool changes_size(hid_t type);

}  // namespace tessera::hdf5
