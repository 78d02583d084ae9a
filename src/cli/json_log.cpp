// SPDX-License-Identifier: Apache-2.0
#include "cli/json_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

namespace tessera::cli {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{2'000};

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

nlohmann::ordered_json text_or_null(std::string_view text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

std::string_view word_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::warn:
      return "warning";
    case spdlog::level::err:
      return "error";
    default:
      return "info";
  }
}

}  // namespace

JsonLog::JsonLog(const LogOptions& options) : logger_("tessera", std::make_shared<spdlog::sinks::stderr_sink_st>()) {
  logger_.set_pattern("%v");
  logger_.set_level(options.quiet ? spdlog::level::err : options.verbosity > 0 ? spdlog::level::debug : spdlog::level::info);
  logger_.flush_on(spdlog::level::trace);
}

void JsonLog::stage(std::string_view name, std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  end_stage();
  clock_.start(name, rows);
  write(spdlog::level::info, "stage_started", {}, {});
}

void JsonLog::progress(std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  clock_.progress(rows);
  if (clock_.due(kProgressInterval)) write(spdlog::level::info, "progress", {}, {});
}

void JsonLog::note(Level level, std::string_view code, std::string_view message) {
  const std::lock_guard lock(mutex_);
  write(level == Level::warning  ? spdlog::level::warn
        : level == Level::detail ? spdlog::level::debug
                                 : spdlog::level::info,
        "note", message, code);
}

void JsonLog::finish() {
  const std::lock_guard lock(mutex_);
  end_stage();
}

void JsonLog::fail(const Failure& failure) {
  const std::lock_guard lock(mutex_);
  const std::string message = failure.advice.empty() ? failure.message : failure.message + "; " + failure.advice;
  write(spdlog::level::err, "error", message, failure.word);
}

void JsonLog::write(spdlog::level::level_enum level, std::string_view event, std::string_view message, std::string_view code) {
  if (!logger_.should_log(level)) return;
  const bool known = clock_.running() && clock_.rows_total() > 0;
  nlohmann::ordered_json line;
  line["ts"] = utc_now();
  line["level"] = word_of(level);
  line["event"] = event;
  line["stage"] = text_or_null(clock_.name());
  line["rows_done"] = known ? nlohmann::ordered_json(clock_.rows_done()) : nlohmann::ordered_json(nullptr);
  line["rows_total"] = known ? nlohmann::ordered_json(clock_.rows_total()) : nlohmann::ordered_json(nullptr);
  line["message"] = text_or_null(message);
  line["code"] = text_or_null(code);
  // Column names come from files and may be anything; a log line must be valid UTF-8 all the same.
  logger_.log(level, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void JsonLog::end_stage() {
  if (!clock_.running()) return;
  write(spdlog::level::info, "stage_finished", fmt::format("{:.3f} s", clock_.seconds()), {});
  clock_.stop();
}

}  // namespace tessera::cli
