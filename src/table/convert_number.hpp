// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera {

/// What the text of a cell is, as a number.
struct CellNumber {
  enum class Form : std::uint8_t {
    none,     ///< no number, or one that is rather a code: leading zeros (00123) or more than 18 digits without a point
    integer,  ///< in `integer` and, rounded, in `value`
    real,     ///< in `value`, correctly rounded; infinities included
  };
  Form form = Form::none;
  std::int64_t integer = 0;
  double value = 0.0;
  bool digits_lost = false;  ///< a real with more than 17 significant digits
};

/// Reads decimal text: sign, digits, decimal mark, exponent, or inf/infinity. No thousands separators, no hexadecimal.
/// Independent of the locale. @param decimal_mark  a point or a comma; the other one makes it no number
[[nodiscard]] CellNumber parse_cell_number(std::string_view text, char decimal_mark = '.');

/// `text` without the blanks and tabs around it.
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace tessera
