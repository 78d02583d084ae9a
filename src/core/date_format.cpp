// SPDX-License-Identifier: Apache-2.0
#include "core/date_format.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "core/dates.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::string_view kLetters = "YymdbHIpMS%";
constexpr std::array<std::string_view, 12> kMonths = {"january", "february", "march",     "april",   "may",      "june",
                                                      "july",    "august",   "september", "october", "november", "december"};

/// Takes a number of `least` to `most` digits from the front; -1 if there is none.
int take_number(std::string_view& text, std::size_t least, std::size_t most) {
  int value = 0;
  std::size_t digits = 0;
  for (; digits < most && digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value = value * 10 + (text[digits] - '0');
  }
  if (digits < least) return -1;
  text.remove_prefix(digits);
  return value;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != word[i]) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

/// 1 to 12; -1 if no month's name is there.
int take_month(std::string_view& text) {
  for (std::size_t month = 0; month < kMonths.size(); ++month) {
    if (take_word(text, kMonths[month]) || take_word(text, kMonths[month].substr(0, 3))) return static_cast<int>(month) + 1;
  }
  return -1;
}

/// What was read so far; hours by the clock of 12 until the end.
struct Parts {
  int year = -1, month = -1, day = -1, hour = 0, minute = 0, second = 0;
  bool twelve = false;
  int afternoon = 0;

  bool take(char letter, std::string_view& text) {
    switch (letter) {
      case 'Y':
        return (year = take_number(text, 4, 4)) >= 0;
      case 'y':
        year = take_number(text, 2, 2);
        if (year >= 0) year += year < 69 ? 2000 : 1900;
        return year >= 0;
      case 'm':
        return (month = take_number(text, 1, 2)) >= 0;
      case 'd':
        return (day = take_number(text, 1, 2)) >= 0;
      case 'b':
        return (month = take_month(text)) >= 0;
      case 'I':
        twelve = true;
        [[fallthrough]];
      case 'H':
        return (hour = take_number(text, 1, 2)) >= 0;
      case 'M':
        return (minute = take_number(text, 1, 2)) >= 0;
      case 'S':
        return (second = take_number(text, 1, 2)) >= 0;
      case 'p':
        afternoon = take_word(text, "pm") ? 1 : 0;
        return afternoon == 1 || take_word(text, "am");
      default:
        return take_word(text, "%");
    }
  }

  [[nodiscard]] std::optional<double> days() const {
    if (twelve ? hour < 1 || hour > 12 : hour > 23) return std::nullopt;
    if (minute > 59 || second > 59) return std::nullopt;
    const auto date = days_from_civil(year, month, day);
    if (!date) return std::nullopt;
    const int hours = twelve ? hour % 12 + 12 * afternoon : hour;
    return static_cast<double>(*date) + (hours * 3600.0 + minute * 60.0 + second) / 86400.0;
  }
};

}  // namespace

DateFormat::DateFormat(std::string format) : format_(std::move(format)) {
  const char* const advice = "such as '%m/%d/%Y %H:%M': %Y or %y, %m or %b, %d, then %H or %I and %p, %M, %S";
  std::string used;
  for (std::size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] != '%') continue;
    const char letter = ++i < format_.size() ? format_[i] : ' ';
    if (kLetters.find(letter) == std::string_view::npos) {
      throw ConfigError(fmt::format("--date-format '{}' has an unknown %{}", format_, letter), advice, ErrorCode::usage);
    }
    used += letter;
  }
  const auto has = [&](const char* letters) { return used.find_first_of(letters) != std::string::npos; };
  if (!has("Yy") || !has("mb") || !has("d")) {
    throw ConfigError(fmt::format("--date-format '{}' lacks the year, the month or the day", format_), advice,
                      ErrorCode::usage);
  }
  if (has("I") != has("p")) {
    throw ConfigError(fmt::format("--date-format '{}': %I and %p (AM, PM) go together", format_), advice, ErrorCode::usage);
  }
}

std::optional<double> DateFormat::read(std::string_view text) const {
  Parts parts;
  for (std::size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] == '%') {
      if (!parts.take(format_[++i], text)) return std::nullopt;
    } else {
      if (text.empty() || text.front() != format_[i]) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  return text.empty() ? parts.days() : std::nullopt;
}

DateGuess guess_date_format(std::string_view cell) {
  // Day, month and year with one separator between them, then perhaps a time.
  std::vector<std::string> times = {"", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"};
  std::vector<std::string> found;
  for (const char separator : {'/', '.', '-'}) {
    for (const std::array<const char*, 3>& order :
         {std::array{"%m", "%d", "%Y"}, std::array{"%d", "%m", "%Y"}, std::array{"%Y", "%m", "%d"},
          std::array{"%d", "%b", "%Y"}, std::array{"%m", "%d", "%y"}, std::array{"%d", "%m", "%y"}}) {
      for (const std::string& time : times) {
        std::string format = fmt::format("{}{}{}{}{}{}", order[0], separator, order[1], separator, order[2], time);
        if (DateFormat(format).read(cell)) found.push_back(std::move(format));
      }
    }
  }
  if (found.empty()) return {};
  return {found[0], found.size() > 1 ? found[1] : std::string()};
}

}  // namespace tessera
