// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/logger.h>

#include <mutex>
#include <string>
#include <string_view>

#include "cli/log.hpp"
#include "cli/stage_clock.hpp"
#include "cli/terminal.hpp"

namespace tessera::cli {

/// For people: on a terminal a bar with speed and time left, elsewhere a line when a stage starts and ends and one about every
/// ten seconds in between.
class TextLog final : public Log {
 public:
  explicit TextLog(const LogOptions& options);
  ~TextLog() override;
  void stage(std::string_view name, std::int64_t rows) override;
  void progress(std::int64_t rows) override;
  void note(Level level, std::string_view code, std::string_view message) override;
  void finish() override;
  void fail(const Failure& failure) override;

 private:
  void line(spdlog::level::level_enum level, const std::string& words);
  void draw_bar();
  void erase_bar();
  void end_stage();

  std::mutex mutex_;
  spdlog::logger logger_;
  Terminal terminal_;
  StageClock clock_;
  bool bar_shown_ = false;
};

}  // namespace tessera::cli
