// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace tessera {

/// What the control groups of this process (container, batch job, systemd unit) allow it. nullopt: no limit.
struct CgroupLimits {
  std::optional<double> processors;             ///< CPU time per time, e.g. 1.5
  std::optional<std::int64_t> memory_bytes;     ///< the hard limit
  std::optional<std::int64_t> available_bytes;  ///< what is left of it; file pages that the kernel can drop count as free
};

/// Reads version 2, then version 1, of the groups this process is in and of all groups around them; the least counts.
/// Files that are not there or do not parse set no limit.
/// @param root the folder that holds proc/ and sys/ (tests give another)
[[nodiscard]] CgroupLimits cgroup_limits(const std::filesystem::path& root = "/");

}  // namespace tessera
