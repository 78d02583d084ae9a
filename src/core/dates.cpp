// SPDX-License-Identifier: Apache-2.0
#include "core/dates.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tessera {
namespace {

constexpr double kSecondsPerDay = 86400.0;

/// Reads exactly `digits` digits at the front of `text` and takes them away; -1 if they are not there.
int take_number(std::string_view& text, int digits) {
  if (text.size() < static_cast<std::size_t>(digits)) return -1;
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(digits));
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// The digits after a decimal point as a fraction; -1 if there are none.
double take_fraction(std::string_view& text) {
  double value = 0.0;
  double unit = 1.0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    if (digits >= 9) continue;  // below a nanosecond
    value = value * 10.0 + (text[digits] - '0');
    unit = unit * 10.0;
  }
  text.remove_prefix(digits);
  return digits > 0 ? value / unit : -1.0;
}

/// hh:mm[:ss[.f]][Z|+00:00] to the end of `text`, in seconds; nullopt if it is not that.
std::optional<double> parse_time(std::string_view text) {
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  double second = 0.0;
  if (take(text, ':')) {
    const int whole = take_number(text, 2);
    if (whole < 0 || whole > 59) return std::nullopt;
    second = whole;
    if (take(text, '.')) {
      const double fraction = take_fraction(text);
      if (fraction < 0.0) return std::nullopt;
      second = second + fraction;
    }
  }
  if (!text.empty() && text != "Z" && text != "+00:00") return std::nullopt;
  return hour * 3600.0 + minute * 60.0 + second;
}

}  // namespace

// The count of days runs over eras of 400 years that begin on March 1st, so that the leap day is the last of its year.
std::optional<std::int64_t> days_from_civil(int year, int month, int day) {
  constexpr int kDaysInMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day > kDaysInMonth[month - 1] + (leap && month == 2 ? 1 : 0)) return std::nullopt;

  const std::int64_t shifted_year = month <= 2 ? year + 399 : year + 400;  // never negative
  const std::int64_t era = shifted_year / 400;
  const std::int64_t year_of_era = shifted_year % 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (era - 1) * 146097 + day_of_era - 719468;
}

std::optional<double> parse_iso_date(std::string_view text) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return std::nullopt;
  const int month = take_number(text, 2);
  if (month < 0 || !take(text, '-')) return std::nullopt;
  const int day = take_number(text, 2);
  if (day < 0) return std::nullopt;
  const std::optional<std::int64_t> days = days_from_civil(year, month, day);
  if (!days) return std::nullopt;
  if (text.empty()) return static_cast<double>(*days);
  if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
  const std::optional<double> seconds = parse_time(text);
  if (!seconds) return std::nullopt;
  return static_cast<double>(*days) + *seconds / kSecondsPerDay;
}

std::string format_iso_date(double days) {
  constexpr double kFirst = -719528.0;                                    // 0000-01-01
  constexpr double kLast = 2932897.0;                                     // 10000-01-01
  if (!(days >= kFirst && days < kLast)) return fmt::format("{}", days);  // NaN and infinity, too
  double whole = std::floor(days);
  auto seconds = static_cast<std::int64_t>(std::nearbyint((days - whole) * kSecondsPerDay));
  if (seconds == 86400) {
    whole = whole + 1.0;
    seconds = 0;
  }
  if (whole == kLast) return fmt::format("{}", days);

  const std::int64_t shifted = static_cast<std::int64_t>(whole) + 719468 + 146097;
  const std::int64_t era = shifted / 146097;
  const std::int64_t day_of_era = shifted % 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + (era - 1) * 400 + (month <= 2 ? 1 : 0);
  const std::string date = fmt::format("{:04}-{:02}-{:02}", year, month, day);
  if (seconds == 0) return date;
  return fmt::format("{} {:02}:{:02}:{:02}", date, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace tessera
