// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::string_view kPrefixes = "KMGTP";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Bytes per unit; 0 if the word is no unit.
double unit_bytes(std::string_view unit) {
  if (unit.empty() || (unit.size() == 1 && upper(unit[0]) == 'B')) return 1.0;
  const std::size_t prefix = kPrefixes.find(upper(unit[0]));
  if (prefix == std::string_view::npos) return 0.0;
  std::string rest;
  for (const char c : unit.substr(1)) rest += upper(c);
  const double power = static_cast<double>(prefix + 1);
  if (rest.empty() || rest == "IB") return std::pow(1024.0, power);
  return rest == "B" ? std::pow(1000.0, power) : 0.0;
}

}  // namespace

std::int64_t parse_bytes(std::string_view text) {
  const std::string_view word = trimmed(text);
  double number = 0.0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  const std::string_view unit = trimmed(word.substr(static_cast<std::size_t>(end - word.data())));
  const double bytes = number * unit_bytes(unit);
  if (error != std::errc{} || !(bytes >= 1.0 && bytes < 0x1p62)) {
    throw ConfigError(fmt::format("'{}' is not an amount of memory", text), "write for example 128M, 8G or 512MiB",
                      ErrorCode::usage);
  }
  return static_cast<std::int64_t>(bytes);
}

std::string format_bytes(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  double value = static_cast<double>(bytes);
  std::size_t prefix = 0;
  for (value /= 1024.0; value >= 999.5 && prefix + 1 < kPrefixes.size(); value /= 1024.0) ++prefix;
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}iB", value, decimals, kPrefixes[prefix]);
}

std::string bytes_option(std::int64_t bytes) {
  std::int64_t unit = 1024;
  std::size_t prefix = 0;
  while (bytes / unit >= 100 * 1024 && prefix + 1 < 3) {
    unit *= 1024;
    ++prefix;
  }
  return fmt::format("{}{}", bytes / unit + (bytes % unit != 0 ? 1 : 0), kPrefixes[prefix]);
}

}  // namespace tessera
