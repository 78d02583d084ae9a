// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/thread_pool.hpp"
#include "tessera/observer.hpp"

namespace tessera {

/// What every stage needs from its surroundings. References must outlive the job.
struct JobContext {
  Observer& observer;
  const CancelToken& cancel;
  ThreadPool& threads;
};

}  // namespace tessera
