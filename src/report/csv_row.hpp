// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "report/csv_text.hpp"

namespace tessera {

/// A cell that is a number or a date already, as text.
struct PlainCell {
  std::string text;
};

/// Builds a CSV cell by cell.
class CsvRows {
 public:
  /// The first line. @param header  names, separated by commas
  explicit CsvRows(std::string_view header) : text_(header) { text_ += '\n'; }

  template <typename... Cells>
  CsvRows& row(const Cells&... cells) {
    bool first = true;
    (add(cells, first), ...);
    text_ += '\n';
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <typename Cell>
  void add(const Cell& cell, bool& first) {
    if (!first) text_ += ',';
    first = false;
    if constexpr (std::is_same_v<Cell, double>) {
      append_csv_number(text_, cell);
    } else if constexpr (std::is_same_v<Cell, PlainCell>) {
      text_ += cell.text;
    } else if constexpr (std::is_same_v<Cell, bool>) {
      text_ += cell ? '1' : '0';
    } else if constexpr (std::is_integral_v<Cell>) {
      append_csv_number(text_, static_cast<std::int64_t>(cell));
    } else {
      append_csv_text(text_, cell);
    }
  }

  std::string text_;
};

}  // namespace tessera
