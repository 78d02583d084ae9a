// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "tessera/error.hpp"

namespace tessera {

/// What a running job says about itself. The library never prints; the command line implements this.
class Observer {
 public:
  enum class Level { detail, info, warning };
  virtual ~Observer() = default;
  /// A stage begins: "read", "prepare", "seed", "fit", "assign", "write". `rows` is the work of one pass, 0 if unknown.
  virtual void stage(std::string_view name, std::int64_t rows) = 0;
  /// Rows done in the current pass of the current stage.
  virtual void progress(std::int64_t rows) = 0;
  /// `code` is a stable word for machines ("device_fallback"), `message` a sentence for people.
  virtual void note(Level level, std::string_view code, std::string_view message) = 0;
};

/// An observer that keeps quiet.
class SilentObserver final : public Observer {
 public:
  void stage(std::string_view, std::int64_t) override {}
  void progress(std::int64_t) override {}
  void note(Level, std::string_view, std::string_view) override {}
};

/// Set from a signal handler, looked at between chunks.
class CancelToken {
 public:
  void cancel(int signal) noexcept { signal_.store(signal, std::memory_order_relaxed); }
  /// @throws CancelledError once cancel() was called
  void check() const {
    if (const int signal = signal_.load(std::memory_order_relaxed); signal != 0) throw CancelledError(signal);
  }

 private:
  std::atomic<int> signal_{0};
};

}  // namespace tessera
