// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tessera::hdf5 {

struct ChildLimits {
  int cpu_seconds = 20;
  int wall_seconds = 60;
  std::int64_t extra_memory_bytes = std::int64_t{2} << 30;  ///< of address space, beyond what this process has already
};

/// Runs `work`, which only reads `path` through HDF5, in a forked child: HDF5 can crash or hang on a damaged file, and then the
/// child does, not we. An Error that `work` throws is thrown here again, with its class, code, message and advice.
/// `work` must not touch anything shared with other threads; it leaves no trace in this process.
/// @throws DataError if the child dies or exceeds a limit; Error(resource) if there can be no child
void run_in_child(const std::string& path, const ChildLimits& limits, const std::function<void()>& work);

}  // namespace tessera::hdf5
