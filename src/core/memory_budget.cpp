// SPDX-License-Identifier: Apache-2.0
#include "core/memory_budget.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include "core/bytes.hpp"

namespace tessera {

MachineMemory machine_memory() {
  MachineMemory memory;
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::int64_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    if (name == "MemTotal:") memory.total_bytes = kibibytes * 1024;
    if (name == "MemAvailable:") memory.available_bytes = kibibytes * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  const std::int64_t page_bytes = sysconf(_SC_PAGESIZE);
  if (memory.total_bytes == 0) memory.total_bytes = sysconf(_SC_PHYS_PAGES) * page_bytes;
  if (memory.available_bytes == 0) memory.available_bytes = sysconf(_SC_AVPHYS_PAGES) * page_bytes;
  return memory;
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t size_pages = 0, resident_pages = 0;
  return file >> size_pages >> resident_pages ? resident_pages * sysconf(_SC_PAGESIZE) : 0;
}

void keep_little_freed_memory() {
#ifdef __GLIBC__
  // Either ends the C library's own adaptation, which raises both as large blocks are freed. A smaller pad costs time: what is
  // given back must be cleared before it is had again.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TOP_PAD, 4 << 20);
#endif
}

void give_back_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

MemoryBudget memory_budget(std::optional<std::int64_t> requested, const MachineMemory& machine, const CgroupLimits& cgroup) {
  constexpr std::int64_t kPercent = 70;
  // Without its own account of use, a group's limit is all that is known of it.
  const auto in_group = cgroup.available_bytes ? cgroup.available_bytes : cgroup.memory_bytes;
  const bool group_is_less = in_group && *in_group < machine.available_bytes;
  const std::int64_t available = group_is_less ? *in_group : machine.available_bytes;
  if (requested) {
    return {*requested, fmt::format("{}: --memory", format_bytes(*requested)), *requested > available};
  }
  const std::int64_t bytes = available / 100 * kPercent;
  return {bytes, fmt::format("{}: {} % of what the {} has free", format_bytes(bytes), kPercent,
                             group_is_less ? "control group" : "machine")};
}

MemoryBudget memory_budget(std::optional<std::int64_t> requested) {
  return memory_budget(requested, machine_memory(), cgroup_limits());
}

}  // namespace tessera
