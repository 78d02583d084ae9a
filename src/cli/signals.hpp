// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/observer.hpp"

namespace tessera::cli {

/// While it lives, the first SIGINT or SIGTERM sets `token` (the job stops between chunks and cleans up) and a second one ends
/// the process at once. SIGPIPE and SIGXFSZ are ignored, so that a closed pipe or a size limit becomes a write error. At most
/// one may live at a time.
class SignalGuard {
 public:
  explicit SignalGuard(CancelToken& token);
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
};

}  // namespace tessera::cli
