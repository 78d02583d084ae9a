// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

/// Appends one text cell as RFC 4180 wants it: quoted if it holds a comma, quote or line break. A cell that a spreadsheet would
/// take for a formula (it begins with = + - @, tab or carriage return) gets a leading apostrophe.
void append_csv_text(std::string& out, std::string_view cell);

/// Appends a number with the fewest digits that read back as the same number, whatever the locale; NaN is an empty cell.
void append_csv_number(std::string& out, double value);
void append_csv_number(std::string& out, float value);
void append_csv_number(std::string& out, std::int64_t value);
void append_csv_number(std::string& out, std::uint64_t value);

}  // namespace tessera
