// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/schema.hpp"

namespace tessera {

/// Texts that stand for an empty cell.
class MissingMarkers {
 public:
  explicit MissingMarkers(const std::vector<std::string>& markers);
  /// @param trimmed without space around it; empty is always missing
  [[nodiscard]] bool contains(std::string_view trimmed) const;

 private:
  std::vector<std::string> markers_;
  std::size_t longest_ = 0;
};

/// How a text writes its cells.
struct CellStyle {
  MissingMarkers missing;
  char decimal_mark = '.';  ///< or a comma
};

/// How a column is stored.
struct ColumnPlan {
  DataType type = DataType::text;
  bool date = false;
  std::int64_t text_bytes = 0;  ///< as in hdf5::DatasetOptions
  std::int64_t missing = 0;
  std::string note;  ///< completes "column 'x' ..."; empty: nothing to say
};

/// Sees every cell of a column and finds the narrowest type that loses nothing.
class ColumnInference {
 public:
  void observe(std::string_view cell, std::int64_t line, const CellStyle& style);
  [[nodiscard]] ColumnPlan decide() const;

 private:
  /// The first cell that is not of a form, and how many there are.
  struct Exceptions {
    std::int64_t count = 0;
    std::int64_t line = 0;
    std::string text;
    void add(std::string_view cell, std::int64_t at);
  };
  void observe_number(std::string_view cell, std::int64_t line, char decimal_mark);
  void observe_date(std::string_view cell, std::int64_t line);
  [[nodiscard]] DataType number_type() const;
  [[nodiscard]] DataType date_type() const;
  [[nodiscard]] std::int64_t fixed_text_bytes() const;
  [[nodiscard]] std::string text_note() const;

  std::int64_t cells_ = 0;  ///< all
  std::int64_t missing_ = 0;
  std::int64_t marked_ = 0;  ///< of those missing, not blank
  std::string first_marker_;

  std::int64_t numbers_ = 0;
  std::int64_t reals_ = 0;
  std::int64_t least_ = 0, largest_ = 0;  ///< of the integers, and 0
  bool float64_exact_ = true;             ///< every integer fits a float64
  bool float32_exact_ = true;             ///< every number fits a float32 as it fits a float64
  std::int64_t digits_lost_ = 0;
  Exceptions not_numbers_;
  std::int64_t comma_numbers_ = 0;  ///< of those, what would be numbers with a decimal comma

  std::int64_t dates_ = 0;
  bool whole_days_ = true;
  Exceptions not_dates_;

  std::int64_t longest_bytes_ = 0;
  std::int64_t total_bytes_ = 0;
};

}  // namespace tessera
