// SPDX-License-Identifier: Apache-2.0
#include "table/convert_column.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/dates.hpp"
#include "table/convert_number.hpp"

namespace tessera {
namespace {

/// So many exceptions, and the column is what it is: no need to look on.
constexpr std::int64_t kEnoughExceptions = 1000;
/// At most this share of exceptions makes one ask whether they are mistakes.
constexpr double kFewExceptions = 0.01;
constexpr std::size_t kShownBytes = 40;

bool fits_float32(double value) { return std::isinf(value) || static_cast<double>(static_cast<float>(value)) == value; }

std::string shown(std::string_view cell) {
  if (cell.size() <= kShownBytes) return std::string(cell);
  std::size_t end = kShownBytes;  // not in the middle of a character
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xC0) == 0x80) --end;
  return std::string(cell.substr(0, end)) + "...";
}

}  // namespace

MissingMarkers::MissingMarkers(const std::vector<std::string>& markers) {
  for (const std::string& marker : markers) {
    const std::string trimmed(trim(marker));
    if (trimmed.empty()) continue;
    markers_.push_back(trimmed);
    longest_ = std::max(longest_, trimmed.size());
  }
}

bool MissingMarkers::contains(std::string_view trimmed) const {
  if (trimmed.empty()) return true;
  return trimmed.size() <= longest_ && std::find(markers_.begin(), markers_.end(), trimmed) != markers_.end();
}

void ColumnInference::Exceptions::add(std::string_view cell, std::int64_t at) {
  if (count == 0) {
    line = at;
    text = shown(cell);
  }
  ++count;
}

void ColumnInference::observe(std::string_view cell, std::int64_t line, const CellStyle& style) {
  ++cells_;
  const std::string_view trimmed = trim(cell);
  if (style.missing.contains(trimmed)) {
    ++missing_;
    if (!trimmed.empty() && marked_++ == 0) first_marker_ = shown(trimmed);
    return;
  }
  longest_bytes_ = std::max(longest_bytes_, static_cast<std::int64_t>(cell.size()));
  total_bytes_ += static_cast<std::int64_t>(cell.size());
  if (not_numbers_.count < kEnoughExceptions) observe_number(trimmed, line, style.decimal_mark);
  if (not_dates_.count < kEnoughExceptions) observe_date(trimmed, line);
}

void ColumnInference::observe_number(std::string_view cell, std::int64_t line, char decimal_mark) {
  const CellNumber number = parse_cell_number(cell, decimal_mark);
  if (number.form == CellNumber::Form::none) {
    if (parse_cell_number(cell, ',').form == CellNumber::Form::real) ++comma_numbers_;
    return not_numbers_.add(cell, line);
  }
  ++numbers_;
  if (number.digits_lost) ++digits_lost_;
  if (!fits_float32(number.value)) float32_exact_ = false;
  if (number.form == CellNumber::Form::real) {
    ++reals_;
    return;
  }
  least_ = std::min(least_, number.integer);
  largest_ = std::max(largest_, number.integer);
  if (static_cast<std::int64_t>(number.value) != number.integer) {
    float64_exact_ = false;
    float32_exact_ = false;
  }
}

void ColumnInference::observe_date(std::string_view cell, std::int64_t line) {
  const std::optional<double> days = parse_iso_date(cell);
  if (!days) return not_dates_.add(cell, line);
  ++dates_;
  if (*days != std::floor(*days)) whole_days_ = false;
}

DataType ColumnInference::number_type() const {
  if (reals_ > 0 || missing_ > 0) {
    if (!float64_exact_) return DataType::text;
    return float32_exact_ ? DataType::float32 : DataType::float64;
  }
  const auto fits = [&](std::int64_t bits) {
    const std::int64_t limit = std::int64_t{1} << (bits - 1);
    return least_ >= -limit && largest_ < limit;
  };
  return fits(8) ? DataType::int8 : fits(16) ? DataType::int16 : fits(32) ? DataType::int32 : DataType::int64;
}

DataType ColumnInference::date_type() const {
  if (!whole_days_) return DataType::float64;
  return missing_ > 0 ? DataType::float32 : DataType::int32;  // days of the years 0 to 9999 are exact in float32
}

/// Fixed-length text is read far faster, so it may take some more room than variable-length text would.
std::int64_t ColumnInference::fixed_text_bytes() const {
  constexpr std::int64_t kAlwaysFixedBytes = 32;
  constexpr std::int64_t kVariableOverheadBytes = 32;
  const std::int64_t width = std::max<std::int64_t>(longest_bytes_, 1);
  if (width <= kAlwaysFixedBytes) return width;
  const double variable = static_cast<double>(total_bytes_) + static_cast<double>(kVariableOverheadBytes * cells_);
  return static_cast<double>(width) * static_cast<double>(cells_) <= 2.0 * variable ? width : 0;
}

std::string ColumnInference::text_note() const {
  const std::int64_t present = cells_ - missing_;
  const auto few = [&](const Exceptions& exceptions) {
    return exceptions.count > 0 && exceptions.count < kEnoughExceptions &&
           static_cast<double>(exceptions.count) <= kFewExceptions * static_cast<double>(present);
  };
  const auto describe = [&](const Exceptions& exceptions, std::string_view form) {
    return fmt::format("is kept as text: {} of {} cells {} not a {}, first in line {}: '{}'", exceptions.count, present,
                       exceptions.count == 1 ? "is" : "are", form, exceptions.line, exceptions.text);
  };
  if (not_numbers_.count > 0 && comma_numbers_ == not_numbers_.count) {
    return fmt::format(
        "is kept as text: its numbers have a comma, first in line {}: '{}'; if that is the decimal mark, 'tessera convert "
        "--decimal-comma' reads them",
        not_numbers_.line, not_numbers_.text);
  }
  if (few(not_numbers_)) return describe(not_numbers_, "number");
  if (few(not_dates_)) return describe(not_dates_, "date");
  if (not_numbers_.count == 0)
    return "is kept as text: as numbers, its long integers would lose digits beside missing cells or decimals";
  if (marked_ > 0) return fmt::format("has {} cells such as '{}' that are read as missing", marked_, first_marker_);
  return {};
}

ColumnPlan ColumnInference::decide() const {
  ColumnPlan plan;
  plan.missing = missing_;
  if (missing_ == cells_) {
    plan.type = DataType::float32;
    plan.note = "has no value at all";
    return plan;
  }
  if (not_dates_.count == 0) {
    plan.type = date_type();
    plan.date = true;
    return plan;
  }
  if (not_numbers_.count == 0) plan.type = number_type();
  if (plan.type == DataType::text) {
    plan.text_bytes = fixed_text_bytes();
    plan.note = text_note();
  } else if (digits_lost_ > 0) {
    plan.note = fmt::format("has {} numbers of more digits than a float64 holds; they are rounded", digits_lost_);
  }
  return plan;
}

}  // namespace tessera
