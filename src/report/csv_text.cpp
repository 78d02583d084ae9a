// SPDX-License-Identifier: Apache-2.0
#include "report/csv_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tessera {
namespace {

template <typename Number>
void append_shortest(std::string& out, Number value) {
  std::array<char, 32> buffer;
  const std::to_chars_result end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), end.ptr);
}

}  // namespace

void append_csv_text(std::string& out, std::string_view cell) {
  const bool formula = !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (formula) out += '\'';
    out += cell;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char character : cell) {
    if (character == '"') out += '"';
    out += character;
  }
  out += '"';
}

void append_csv_number(std::string& out, double value) {
  if (!std::isnan(value)) append_shortest(out, value);
}
void append_csv_number(std::string& out, float value) {
  if (!std::isnan(value)) append_shortest(out, value);
}
void append_csv_number(std::string& out, std::int64_t value) { append_shortest(out, value); }
void append_csv_number(std::string& out, std::uint64_t value) { append_shortest(out, value); }

}  // namespace tessera
