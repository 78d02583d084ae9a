// SPDX-License-Identifier: Apache-2.0
#include "core/thread_count.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/cgroup.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Leading number of an environment variable ("4", "4,2"); 0 if there is none.
int number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return 0;
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  const bool whole = rest == end || *rest == ',';  // OMP_NUM_THREADS may list one number per nesting level
  return error == std::errc{} && whole && value > 0 ? value : 0;
}

/// Processors that this thread may run on; 0 if the system does not say.
int affinity_count() {
  struct Free {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
  };
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {  // the kernel refuses a set that is too small for it
    const std::unique_ptr<cpu_set_t, Free> set(CPU_ALLOC(static_cast<std::size_t>(processors)));
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(processors));
    if (set != nullptr && sched_getaffinity(0, bytes, set.get()) == 0) return CPU_COUNT_S(bytes, set.get());
  }
  return 0;
}

}  // namespace

std::string to_string(const ThreadLimit& limit) {
  return fmt::format("{} thread{}: {}", limit.threads, limit.threads == 1 ? "" : "s", limit.reason);
}

std::vector<ThreadLimit> thread_limits(std::optional<int> requested) {
  if (requested && *requested < 1) {
    throw ConfigError(fmt::format("{} threads cannot work", *requested), "give --threads a number from 1 up", ErrorCode::usage);
  }
  std::vector<ThreadLimit> limits;
  const auto add = [&](int threads, const char* reason) {
    if (threads > 0) limits.push_back({threads, reason});
  };
  if (requested) add(*requested, "--threads");
  add(number_in_environment("SLURM_CPUS_PER_TASK"), "SLURM_CPUS_PER_TASK");
  add(number_in_environment("OMP_NUM_THREADS"), "OMP_NUM_THREADS");
  if (const auto quota = cgroup_limits().processors) add(std::max(1, static_cast<int>(std::ceil(*quota))), "cgroup quota");
  const int allowed = affinity_count();
  const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  if (allowed > 0 && allowed < online) add(allowed, "affinity");
  if (allowed == 0 || allowed >= online) add(online, "processors");
  return limits;
}

ThreadLimit least_limit(std::span<const ThreadLimit> limits) {
  const auto least =
      std::min_element(limits.begin(), limits.end(), [](const auto& a, const auto& b) { return a.threads < b.threads; });
  return least == limits.end() ? ThreadLimit{1, "default"} : *least;
}

}  // namespace tessera
