// SPDX-License-Identifier: Apache-2.0
#include "table/convert_number.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>

namespace tessera {
namespace {

constexpr std::int64_t kMostIntegerDigits = 18;
constexpr std::int64_t kMostDoubleDigits = 17;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

/// Significant digits of a mantissa: neither zeros at its front nor the point count.
std::int64_t significant_digits(std::string_view mantissa) {
  std::int64_t digits = 0;
  for (const char c : mantissa) {
    if (is_digit(c) && (digits > 0 || c != '0')) ++digits;
  }
  return digits;
}

CellNumber parse_integer(std::string_view unsigned_digits, bool negative) {
  CellNumber number;
  if (unsigned_digits.size() > static_cast<std::size_t>(kMostIntegerDigits)) return number;
  for (const char c : unsigned_digits) number.integer = number.integer * 10 + (c - '0');
  if (negative) number.integer = -number.integer;
  number.value = static_cast<double>(number.integer);
  number.form = CellNumber::Form::integer;
  return number;
}

CellNumber parse_real(std::string_view unsigned_text, bool negative) {
  CellNumber number;
  double value = 0.0;
  const char* const end = unsigned_text.data() + unsigned_text.size();
  const auto [rest, failure] = std::from_chars(unsigned_text.data(), end, value);
  if (rest != end) return number;
  if (failure == std::errc::result_out_of_range) {
    // from_chars does not say which way. Too small a number has a negative exponent or begins with 0.000...
    const std::size_t exponent = unsigned_text.find_first_of("eE");
    const bool small =
        (exponent != std::string_view::npos && unsigned_text.substr(exponent).find('-') != std::string_view::npos) ||
        (exponent == std::string_view::npos && unsigned_text.starts_with('0'));
    value = small ? 0.0 : std::numeric_limits<double>::infinity();
    number.digits_lost = true;
  } else if (failure != std::errc{}) {
    return number;
  }
  number.value = negative ? -value : value;
  number.form = CellNumber::Form::real;
  if (significant_digits(unsigned_text.substr(0, unsigned_text.find_first_of("eE"))) > kMostDoubleDigits)
    number.digits_lost = true;
  return number;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

CellNumber parse_cell_number(std::string_view text, char decimal_mark) {
  if (text.empty()) return {};
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (text.empty()) return {};
  if (!is_digit(text.front()) && text.front() != decimal_mark) {
    if (!equals_ignoring_case(text, "inf") && !equals_ignoring_case(text, "infinity")) return {};
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return {.form = CellNumber::Form::real, .value = negative ? -kInfinity : kInfinity};
  }
  if (text.size() > 1 && text[0] == '0' && is_digit(text[1])) return {};
  if (std::all_of(text.begin(), text.end(), is_digit)) return parse_integer(text, negative);
  if (decimal_mark == '.') return parse_real(text, negative);
  if (text.find('.') != std::string_view::npos) return {};
  std::string with_point(text);
  std::ranges::replace(with_point, decimal_mark, '.');
  return parse_real(with_point, negative);
}

}  // namespace tessera
