// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hdf5.h>
#include <sys/types.h>

#include <limits>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace tessera::hdf5 {

/// No file has more bytes.
inline constexpr haddr_t kLargestAddress = static_cast<haddr_t>(std::numeric_limits<off_t>::max());

/// The description of a file driver without its functions.
/// @param name  must live as long as the process
/// @param value  of the range that HDF5 leaves free for private use (256 to 511), of no other driver here
[[nodiscard]] H5FD_class_t describe_driver(const char* name, int value);

}  // namespace tessera::hdf5
