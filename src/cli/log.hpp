// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cli/failure.hpp"
#include "tessera/observer.hpp"

namespace tessera::cli {

enum class LogFormat { text, json };

struct LogOptions {
  LogFormat format = LogFormat::text;
  bool quiet = false;  ///< errors only
  int verbosity = 0;   ///< 1: also the details
};

/// What a command says on standard error while it works. Thread-safe.
class Log : public Observer {
 public:
  /// The last stage ended well.
  virtual void finish() = 0;
  /// The command ends early. Shown even when quiet.
  virtual void fail(const Failure& failure) = 0;
};

/// For people (a progress bar on a terminal, plain lines elsewhere) or for machines (one JSON object a line).
[[nodiscard]] std::unique_ptr<Log> make_log(const LogOptions& options);

}  // namespace tessera::cli
