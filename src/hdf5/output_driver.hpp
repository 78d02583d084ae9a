// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>

namespace tessera::hdf5 {

/// A file that we opened ourselves and that libhdf5 writes into. The owner closes the descriptor.
///
/// libhdf5 hides why a write failed, and once one has failed it can no longer close its own objects: it tries again at exit and
/// complains on the terminal. So this driver remembers the first errno and from then on only pretends to write; the owner looks
/// at `error` after every step, reports the truth and discards the file.
struct OutputFile {
  int descriptor = -1;
  int error = 0;  ///< errno of the first failure
};

/// Makes files created with the access property list `access` go to `file`, which must outlive them. Their names are not looked
/// at.
/// @throws Error(internal) if libhdf5 refuses the driver
void use_output_driver(hid_t access, OutputFile& file);

}  // namespace tessera::hdf5
