// SPDX-License-Identifier: Apache-2.0
#include "cli/text_log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "report/text.hpp"

namespace tessera::cli {
namespace {

constexpr std::chrono::milliseconds kBarInterval{100};
constexpr std::chrono::milliseconds kLineInterval{10'000};
constexpr int kBarCells = 24;

std::string speed(double rows_per_second) {
  if (rows_per_second >= 1e6) return fmt::format("{:.1f} M rows/s", rows_per_second / 1e6);
  if (rows_per_second >= 1e3) return fmt::format("{:.0f} k rows/s", rows_per_second / 1e3);
  return fmt::format("{:.0f} rows/s", rows_per_second);
}

/// "pass 3, 43 %, 1.2 M rows/s, 12.0 s left"
std::string progress_text(const StageClock& clock) {
  std::string words;
  if (clock.passes() > 1) words += fmt::format("pass {}, ", clock.passes());
  if (clock.rows_total() > 0) {
    words += fmt::format("{:.0f} %, ", 100.0 * clock.fraction());
  } else {
    words += text::count(clock.rows_done()) + " rows, ";
  }
  words += speed(clock.rows_per_second());
  if (const double left = clock.seconds_left(); left >= 0.0) words += ", " + text::duration(1e3 * left) + " left";
  return words;
}

}  // namespace

TextLog::TextLog(const LogOptions& options)
    : logger_("tessera", std::make_shared<spdlog::sinks::stderr_sink_st>()), terminal_(terminal_of(STDERR_FILENO)) {
  logger_.set_pattern("%v");
  logger_.set_level(options.quiet ? spdlog::level::err : options.verbosity > 0 ? spdlog::level::debug : spdlog::level::info);
  logger_.flush_on(spdlog::level::trace);
}

TextLog::~TextLog() { erase_bar(); }

void TextLog::stage(std::string_view name, std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  end_stage();
  clock_.start(name, rows);
  if (terminal_.interactive) {
    draw_bar();
  } else {
    line(spdlog::level::info,
         rows > 0 ? fmt::format("{}: started, {} rows", name, text::count(rows)) : fmt::format("{}: started", name));
  }
}

void TextLog::progress(std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  clock_.progress(rows);
  if (terminal_.interactive) {
    if (clock_.due(kBarInterval)) draw_bar();
  } else if (clock_.due(kLineInterval)) {
    line(spdlog::level::info, fmt::format("{}: {}", clock_.name(), progress_text(clock_)));
  }
}

void TextLog::note(Level level, std::string_view, std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (level == Level::warning) {
    const char* const tag = terminal_.color ? "\033[33mwarning:\033[0m" : "warning:";
    line(spdlog::level::warn, fmt::format("{} {}", tag, text::printable(message)));
  } else {
    line(level == Level::info ? spdlog::level::info : spdlog::level::debug, text::printable(message));
  }
}

void TextLog::finish() {
  const std::lock_guard lock(mutex_);
  end_stage();
}

void TextLog::fail(const Failure& failure) {
  const std::lock_guard lock(mutex_);
  clock_.stop();
  const char* const tag = terminal_.color ? "\033[31mtessera:\033[0m" : "tessera:";
  line(spdlog::level::err, fmt::format("{} {}", tag, text::printable(failure.message)));
  if (!failure.advice.empty()) line(spdlog::level::err, fmt::format("  -> {}", text::printable(failure.advice)));
}

void TextLog::line(spdlog::level::level_enum level, const std::string& words) {
  if (!logger_.should_log(level)) return;
  erase_bar();
  logger_.log(level, words);
}

void TextLog::draw_bar() {
  if (!logger_.should_log(spdlog::level::info)) return;
  const auto full = static_cast<std::size_t>(clock_.fraction() * kBarCells);
  std::string bar(full, '#');
  bar.resize(kBarCells, '-');
  std::string shown = fmt::format("{:<9} [{}] {}", clock_.name(), bar, clock_.passes() > 0 ? progress_text(clock_) : "");
  if (shown.size() > static_cast<std::size_t>(terminal_.width) - 1) shown.resize(static_cast<std::size_t>(terminal_.width) - 1);
  fmt::print(stderr, "\r{}\033[K", shown);
  std::fflush(stderr);
  bar_shown_ = true;
}

void TextLog::erase_bar() {
  if (!bar_shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  bar_shown_ = false;
}

void TextLog::end_stage() {
  if (!clock_.running()) return;
  const std::string passes = clock_.passes() > 1 ? fmt::format(", {} passes", clock_.passes()) : std::string{};
  const std::string rate = clock_.passes() > 0 ? ", " + speed(clock_.rows_per_second()) : std::string{};
  line(spdlog::level::info, fmt::format("{}: {}{}{}", clock_.name(), text::duration(1e3 * clock_.seconds()), passes, rate));
  erase_bar();
  clock_.stop();
}

}  // namespace tessera::cli
