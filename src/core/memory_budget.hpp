// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/cgroup.hpp"

namespace tessera {

/// Memory as the operating system sees it.
struct MachineMemory {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;  ///< without swapping
};

/// From /proc/meminfo (or sysconf where there is none).
[[nodiscard]] MachineMemory machine_memory();

/// Physical memory that this process holds now; 0 if the system does not say.
[[nodiscard]] std::int64_t resident_bytes();

/// Has every thread give back what it frees, but for a few MiB. The C library would keep up to 64 MiB for each, which count
/// as held and vary from run to run. For the start of a program; where the C library is not glibc, it does nothing.
void keep_little_freed_memory();
/// Gives back what the main thread has freed, and what others have freed amidst what they still hold.
void give_back_freed_memory();

/// How much memory the job may take.
struct MemoryBudget {
  std::int64_t bytes = 0;
  std::string reason;             ///< "16.3 GiB: 70 % of what the machine has free"
  bool beyond_available = false;  ///< asked for more than there is: worth a warning
};

/// `requested` if given, else 70 % of the least of what the machine and the control group have left.
[[nodiscard]] MemoryBudget memory_budget(std::optional<std::int64_t> requested, const MachineMemory& machine,
                                         const CgroupLimits& cgroup);
/// The same for this process now.
[[nodiscard]] MemoryBudget memory_budget(std::optional<std::int64_t> requested);

}  // namespace tessera
