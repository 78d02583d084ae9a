// SPDX-License-Identifier: Apache-2.0
#include "app/recorder.hpp"

#include <algorithm>

namespace tessera {

void Recorder::stage(std::string_view name, std::int64_t rows) {
  {
    const std::lock_guard lock(mutex_);
    add_time(timings_ms_);
    stage_ = name;
    stage_start_ = Clock::now();
  }
  next_.stage(name, rows);
}

void Recorder::progress(std::int64_t rows) { next_.progress(rows); }

void Recorder::note(Level level, std::string_view code, std::string_view message) {
  if (level != Level::detail) {
    const std::lock_guard lock(mutex_);
    const bool known = std::any_of(remarks_.begin(), remarks_.end(),
                                   [&](const Remark& remark) { return remark.code == code && remark.message == message; });
    if (known) return;
    remarks_.push_back({std::string(code), std::string(message), level == Level::warning});
  }
  next_.note(level, code, message);
}

std::vector<Remark> Recorder::remarks() const {
  const std::lock_guard lock(mutex_);
  return remarks_;
}

std::string Recorder::message_of(std::string_view code) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(remarks_.begin(), remarks_.end(), [&](const Remark& remark) { return remark.code == code; });
  return found == remarks_.end() ? std::string{} : found->message;
}

std::vector<std::pair<std::string, double>> Recorder::timings_ms() const {
  const std::lock_guard lock(mutex_);
  auto timings = timings_ms_;
  add_time(timings);
  return timings;
}

void Recorder::add_time(std::vector<std::pair<std::string, double>>& timings) const {
  if (stage_.empty()) return;
  const double elapsed_ms = std::chrono::duration<double, std::milli>(Clock::now() - stage_start_).count();
  const auto found = std::find_if(timings.begin(), timings.end(), [&](const auto& entry) { return entry.first == stage_; });
  if (found != timings.end()) {
    found->second += elapsed_ms;
  } else {
    timings.emplace_back(stage_, elapsed_ms);
  }
}

}  // namespace tessera
