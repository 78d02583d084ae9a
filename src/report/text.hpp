// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::text {

/// A text from a file made safe for a terminal: control characters, escape sequences, line breaks, marks that turn the reading
/// direction and invalid UTF-8 become visible stand-ins.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that a printable UTF-8 text takes on a terminal (wide East Asian characters take two).
[[nodiscard]] int display_width(std::string_view text);
/// At most `width` columns, the last one "…" if something was cut.
[[nodiscard]] std::string shorten(std::string_view text, int width);
/// Filled with blanks up to `width` columns, on the right or on the left.
[[nodiscard]] std::string pad_right(std::string_view text, int width);
[[nodiscard]] std::string pad_left(std::string_view text, int width);
/// Breaks at blanks so that no line is wider than `width`; a longer word stays whole.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, int width);

/// "1,234,567".
[[nodiscard]] std::string count(std::int64_t value);
/// A measured number for people: thousands separators, `digits` significant digits (one more from 1,000 on), no trailing zeros
/// behind the point: "82,000", "12.3", "0.00123", "1.2e-09"; "-" for NaN.
[[nodiscard]] std::string number(double value, int digits = 3);
/// From 1800 to 2200: better written without a thousands separator.
[[nodiscard]] inline bool in_years(double value) { return value >= 1800.0 && value <= 2200.0; }
/// Digits with which two numbers can be told apart, by two digits of their difference; at least 3, at most 15.
[[nodiscard]] int telling_digits(double one, double other);
/// "34%", "5.3%", "0.02%", "<0.01%".
[[nodiscard]] std::string percent(double share);
/// "340 ms", "12.3 s", "4 min 10 s", "2 h 5 min".
[[nodiscard]] std::string duration(double milliseconds);
/// "1 row", "12 rows": the noun with an s unless the count is one.
[[nodiscard]] std::string plural(std::int64_t value, std::string_view noun);
/// What became of missing cells, by the word of a MissingPolicy: "filled", "left out of the distances", "left open".
[[nodiscard]] std::string_view gaps_were(std::string_view policy);

}  // namespace tessera::text
