// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/summary.hpp"
#include "tessera/observer.hpp"

namespace tessera {

/// Passes everything on to another observer and keeps what the summary wants to say later: remarks and the time of every stage.
class Recorder final : public Observer {
 public:
  explicit Recorder(Observer& next) : next_(next) {}

  void stage(std::string_view name, std::int64_t rows) override;
  void progress(std::int64_t rows) override;
  void note(Level level, std::string_view code, std::string_view message) override;

  /// Notes of level info and warning, in order, each once.
  [[nodiscard]] std::vector<Remark> remarks() const;
  /// The message of the first remark with this code; empty if there is none.
  [[nodiscard]] std::string message_of(std::string_view code) const;
  /// Milliseconds per stage up to now, in the order of their first appearance.
  [[nodiscard]] std::vector<std::pair<std::string, double>> timings_ms() const;

 private:
  using Clock = std::chrono::steady_clock;
  void add_time(std::vector<std::pair<std::string, double>>& timings) const;

  Observer& next_;
  mutable std::mutex mutex_;
  std::vector<Remark> remarks_;
  std::vector<std::pair<std::string, double>> timings_ms_;
  std::string stage_;
  Clock::time_point stage_start_ = Clock::now();
};

}  // namespace tessera
