// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::cli {

/// How far the present stage is. A stage may pass over its rows many times; speed and time left are of the present pass.
class StageClock {
 public:
  using Clock = std::chrono::steady_clock;

  void start(std::string_view name, std::int64_t rows) {
    name_ = name;
    rows_total_ = rows;
    rows_done_ = rows_all_passes_ = 0;
    passes_ = 0;
    start_ = pass_start_ = last_report_ = Clock::now();
  }
  void progress(std::int64_t rows) {
    if (passes_ == 0 || rows < rows_done_) {
      if (passes_ > 0) pass_start_ = Clock::now();
      ++passes_;
      rows_done_ = 0;
    }
    rows_all_passes_ += rows - rows_done_;
    rows_done_ = rows;
  }
  /// True at most once per `interval`.
  [[nodiscard]] bool due(std::chrono::milliseconds interval) {
    const auto now = Clock::now();
    if (now - last_report_ < interval) return false;
    last_report_ = now;
    return true;
  }

  [[nodiscard]] bool running() const { return !name_.empty(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::int64_t rows_done() const { return rows_done_; }
  [[nodiscard]] std::int64_t rows_total() const { return rows_total_; }
  [[nodiscard]] int passes() const { return passes_; }
  [[nodiscard]] double seconds() const { return seconds_since(start_); }
  /// Rows per second over all passes of the stage; 0 if unknown.
  [[nodiscard]] double rows_per_second() const {
    const double elapsed = seconds();
    return elapsed > 0.0 ? static_cast<double>(rows_all_passes_) / elapsed : 0.0;
  }
  /// In [0, 1]; 0 if the number of rows is unknown.
  [[nodiscard]] double fraction() const {
    if (rows_total_ <= 0) return 0.0;
    return rows_done_ >= rows_total_ ? 1.0 : static_cast<double>(rows_done_) / static_cast<double>(rows_total_);
  }
  /// Of the present pass; negative if unknown.
  [[nodiscard]] double seconds_left() const {
    if (rows_done_ <= 0 || rows_total_ <= 0) return -1.0;
    return seconds_since(pass_start_) * (1.0 / fraction() - 1.0);
  }
  void stop() { name_.clear(); }

 private:
  [[nodiscard]] static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  std::string name_;
  std::int64_t rows_total_ = 0;
  std::int64_t rows_done_ = 0;
  std::int64_t rows_all_passes_ = 0;
  int passes_ = 0;
  Clock::time_point start_, pass_start_, last_report_;
};

}  // namespace tessera::cli
