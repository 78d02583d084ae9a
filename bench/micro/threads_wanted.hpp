// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace tessera {

/// OMP_NUM_THREADS, as for the peers, or all that the machine has.
inline int threads_wanted() {
  if (const char* wanted = std::getenv("OMP_NUM_THREADS"); wanted != nullptr) return std::max(1, std::atoi(wanted));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace tessera
