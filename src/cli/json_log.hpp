// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/logger.h>

#include <mutex>
#include <string>
#include <string_view>

#include "cli/log.hpp"
#include "cli/stage_clock.hpp"

namespace tessera::cli {

/// One JSON object a line, always with the same keys: ts (RFC 3339, UTC), level, event, stage, rows_done, rows_total, message,
/// code; null where there is nothing to say. Events: stage_started, progress, stage_finished, note, error.
class JsonLog final : public Log {
 public:
  explicit JsonLog(const LogOptions& options);
  void stage(std::string_view name, std::int64_t rows) override;
  void progress(std::int64_t rows) override;
  void note(Level level, std::string_view code, std::string_view message) override;
  void finish() override;
  void fail(const Failure& failure) override;

 private:
  void write(spdlog::level::level_enum level, std::string_view event, std::string_view message, std::string_view code);
  void end_stage();

  std::mutex mutex_;
  spdlog::logger logger_;
  StageClock clock_;
};

}  // namespace tessera::cli
