// SPDX-License-Identifier: Apache-2.0
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tessera::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// The next code point of `text` and the bytes it takes; invalid UTF-8 is one replacement character per byte.
struct CodePoint {
  char32_t value = kReplacement;
  std::size_t bytes = 1;
};

CodePoint next_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

bool in(char32_t value, char32_t first, char32_t last) { return value >= first && value <= last; }

/// C0, C1 and DEL; line and paragraph separators; marks that turn the reading direction or hide characters.
bool is_control(char32_t c) {
  return c < 0x20 || in(c, 0x7F, 0x9F) || in(c, 0x200B, 0x200F) || in(c, 0x2028, 0x202E) || in(c, 0x2060, 0x206F) ||
         c == 0xFEFF;
}

int width_of(char32_t c) {
  if (in(c, 0x0300, 0x036F) || in(c, 0x20D0, 0x20FF) || in(c, 0xFE00, 0xFE0F)) return 0;
  const bool wide = in(c, 0x1100, 0x115F) || in(c, 0x2E80, 0xA4CF) || in(c, 0xAC00, 0xD7A3) || in(c, 0xF900, 0xFAFF) ||
                    in(c, 0xFE30, 0xFE6F) || in(c, 0xFF00, 0xFF60) || in(c, 0xFFE0, 0xFFE6) || in(c, 0x1F300, 0x1FAFF) ||
                    in(c, 0x20000, 0x3FFFD);
  return wide ? 2 : 1;
}

/// Commas every three digits in the run of digits that `text` starts with (behind a sign).
std::string with_separators(std::string_view text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", first), text.size());
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > first && i < end && (end - i) % 3 == 0) result.push_back(',');
    result.push_back(text[i]);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    if (point.value == kReplacement) {
      result += "\xEF\xBF\xBD";
    } else if (point.value == '\n' || point.value == '\r' || point.value == '\t') {
      result += ' ';
    } else if (is_control(point.value)) {
      result += fmt::format("<{:02X}>", static_cast<std::uint32_t>(point.value));
    } else {
      result += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return result;
}

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    width += width_of(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string shorten(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t kept = 0;
  for (int used = 0; kept < text.size();) {
    const CodePoint point = next_code_point(text.substr(kept));
    used += width_of(point.value);
    if (used > width - 1) break;
    kept += point.bytes;
  }
  return std::string(text.substr(0, kept)) + "…";
}

std::string pad_right(std::string_view text, int width) {
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ');
}

std::string pad_left(std::string_view text, int width) {
  return std::string(static_cast<std::size_t>(std::max(0, width - display_width(text))), ' ') + std::string(text);
}

std::vector<std::string> wrap(std::string_view text, int width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(std::move(line));
      line.clear();
    }
    if (!word.empty() && !line.empty()) line.push_back(' ');
    line.append(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string count(std::int64_t value) { return with_separators(std::to_string(value)); }

std::string number(double value, int digits) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value < 0 ? "-infinity" : "infinity";
  if (value == 0.0) return "0";
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e15 || magnitude < 1e-4) return fmt::format("{:.{}e}", value, std::max(1, digits - 1));
  if (magnitude >= 999.5 && digits < 15) ++digits;
  // Rounded to significant digits by printing them; the exponent decides where the point goes.
  const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  const int decimals = std::max(0, digits - 1 - exponent);
  std::string text = fmt::format("{:.{}f}", std::stod(scientific), decimals);
  if (decimals > 0) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return with_separators(text);
}

int telling_digits(double one, double other) {
  const double difference = std::fabs(one - other);
  const double larger = std::max(std::fabs(one), std::fabs(other));
  if (!(difference > 0.0) || !std::isfinite(larger)) return 3;
  const double lost = std::floor(std::log10(larger)) - std::floor(std::log10(difference));
  return static_cast<int>(std::clamp(lost + 2.0, 3.0, 15.0));
}

std::string percent(double share) {
  if (std::isnan(share)) return "-";
  const double value = share * 100.0;
  if (value == 0.0) return "0%";
  if (value > 0.0 && value < 0.01) return "<0.01%";
  if (value < 1.0 && value > 0.0) return fmt::format("{:.2g}%", value);
  if (value < 9.95) return fmt::format("{:.1f}%", value);
  // Almost all is not all.
  if (value > 99.5 && value < 100.0)
    return value > 99.99 ? ">99.99%" : fmt::format("{:.2f}%", std::floor(value * 100.0) / 100.0);
  return fmt::format("{:.0f}%", value);
}

std::string duration(double milliseconds) {
  if (!(milliseconds >= 0.0)) return "-";
  if (milliseconds < 999.5) return fmt::format("{:.0f} ms", milliseconds);
  const double seconds = milliseconds / 1000.0;
  if (seconds < 99.5) return fmt::format("{} s", number(seconds));
  const auto whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", count(whole / 3600), whole % 3600 / 60);
}

std::string plural(std::int64_t value, std::string_view noun) {
  return fmt::format("{} {}{}", count(value), noun, value == 1 ? "" : "s");
}

std::string_view gaps_were(std::string_view policy) {
  if (policy == "partial") return "left out of the distances";
  return policy == "em" ? "left open" : "filled";
}

}  // namespace tessera::text
