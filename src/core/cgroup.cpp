// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tessera {
namespace {

namespace fs = std::filesystem;

/// Version 1 writes "no limit" as the largest multiple of a page.
constexpr std::int64_t kNoLimitBytes = std::int64_t{1} << 60;

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> read_integer(const fs::path& path) {
  std::ifstream file(path);
  std::string word;
  return file >> word ? parse_integer(word) : std::nullopt;
}

/// A "name value" line of memory.stat; 0 if it is not there.
std::int64_t read_entry(const fs::path& path, std::string_view wanted) {
  std::ifstream file(path);
  std::string name;
  std::int64_t value = 0;
  while (file >> name >> value) {
    if (name == wanted) return value;
  }
  return 0;
}

template <typename T>
void lower_to(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

/// Calls visit(folder) for the group `path` of the hierarchy mounted at `mount` and for every group around it.
template <typename Visit>
void for_each_level(const fs::path& mount, const fs::path& path, const Visit& visit) {
  fs::path relative = path.relative_path();
  for (;;) {
    visit(relative.empty() ? mount : mount / relative);
    if (relative.empty()) return;
    relative = relative.parent_path();
  }
}

void add_memory(CgroupLimits& limits, std::optional<std::int64_t> limit, std::optional<std::int64_t> used,
                std::int64_t droppable) {
  if (!limit || *limit >= kNoLimitBytes) return;
  lower_to(limits.memory_bytes, *limit);
  if (used) lower_to(limits.available_bytes, std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, *used - droppable)));
}

void read_version2(const fs::path& folder, CgroupLimits& limits) {
  std::ifstream file(folder / "cpu.max");
  std::string quota;
  double period = 0.0;
  if (file >> quota >> period; period > 0.0) {
    if (const auto microseconds = parse_integer(quota))
      lower_to(limits.processors, static_cast<double>(*microseconds) / period);
  }
  add_memory(limits, read_integer(folder / "memory.max"), read_integer(folder / "memory.current"),
             read_entry(folder / "memory.stat", "inactive_file"));
}

void read_version1_processors(const fs::path& folder, CgroupLimits& limits) {
  const auto quota = read_integer(folder / "cpu.cfs_quota_us");
  const auto period = read_integer(folder / "cpu.cfs_period_us");
  if (quota && period && *quota > 0 && *period > 0) {
    lower_to(limits.processors, static_cast<double>(*quota) / static_cast<double>(*period));
  }
}

void read_version1_memory(const fs::path& folder, CgroupLimits& limits) {
  add_memory(limits, read_integer(folder / "memory.limit_in_bytes"), read_integer(folder / "memory.usage_in_bytes"),
             read_entry(folder / "memory.stat", "total_inactive_file"));
}

bool lists(const std::string& controllers, std::string_view wanted) {
  std::istringstream words(controllers);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == wanted) return true;
  }
  return false;
}

}  // namespace

CgroupLimits cgroup_limits(const fs::path& root) {
  CgroupLimits limits;
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "number:controllers:path"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    if (controllers.empty()) {
      for_each_level(mounts, path, [&](const fs::path& folder) { read_version2(folder, limits); });
    }
    if (lists(controllers, "cpu")) {
      for_each_level(mounts / "cpu", path, [&](const fs::path& folder) { read_version1_processors(folder, limits); });
    }
    if (lists(controllers, "memory")) {
      for_each_level(mounts / "memory", path, [&](const fs::path& folder) { read_version1_memory(folder, limits); });
    }
  }
  return limits;
}

}  // namespace tessera
