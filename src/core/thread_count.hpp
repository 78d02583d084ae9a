// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera {

/// One reason for not using more threads.
struct ThreadLimit {
  int threads = 1;
  std::string reason;  ///< "--threads", "SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS", "cgroup quota", "affinity", "processors"
};

/// "2 threads: affinity".
[[nodiscard]] std::string to_string(const ThreadLimit& limit);

/// Every limit that applies to this process. Variables that are unset or not a positive number set none; a quota counts
/// rounded up; "processors" replaces "affinity" where the process may run on all of them.
/// @param requested --threads; @throws ConfigError (usage) if it is below 1
[[nodiscard]] std::vector<ThreadLimit> thread_limits(std::optional<int> requested);

/// The least of `limits`; of equal ones the first. One thread, "default", if there are none.
[[nodiscard]] ThreadLimit least_limit(std::span<const ThreadLimit> limits);

}  // namespace tessera
