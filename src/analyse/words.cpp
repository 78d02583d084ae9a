// SPDX-License-Identifier: Apache-2.0
#include "analyse/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/dates.hpp"

namespace tessera {
namespace {

/// Significant digits with which two numbers can be told apart.
int telling_digits(double one, double other) {
  const double largest = std::max(std::fabs(one), std::fabs(other));
  const double difference = std::fabs(one - other);
  if (!(difference > 0.0) || !(largest > 0.0)) return 3;
  return std::clamp(static_cast<int>(std::ceil(std::log10(largest / difference))) + 1, 3, 15);
}

std::string with_separators(const std::string& digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string number_words(double value, int digits) {
  if (std::isnan(value)) return "-";
  const double size = std::fabs(value);
  const std::string sign = value < 0.0 ? "-" : "";
  if (size != 0.0 && (size < 1e-4 || size >= 1e15)) return fmt::format("{:.{}g}", value, digits);
  const int before = size >= 1.0 ? static_cast<int>(std::floor(std::log10(size))) + 1 : 0;
  const int wanted = size >= 1000.0 ? digits + 1 : digits;
  const int behind =
      size == 0.0 ? 0 : std::clamp(wanted - (size >= 1.0 ? before : static_cast<int>(std::floor(std::log10(size))) + 1), 0, 15);
  double rounded = size;
  if (before > wanted) {
    const double unit = std::pow(10.0, before - wanted);
    rounded = std::round(size / unit) * unit;
  }
  std::string text = fmt::format("{:.{}f}", rounded, behind);
  const std::size_t point = text.find('.');
  std::string fraction = point == std::string::npos ? "" : text.substr(point);
  while (!fraction.empty() && (fraction.back() == '0' || fraction.back() == '.')) fraction.pop_back();
  return sign + with_separators(text.substr(0, point)) + fraction;
}

std::string percent_words(double share) {
  if (std::isnan(share)) return "-";
  const double percent = 100.0 * share;
  if (percent != 0.0 && std::fabs(percent) < 10.0) return fmt::format("{:.1f}%", percent);
  return fmt::format("{:.0f}%", percent);
}

std::string kpi_words(KpiType type, double value) {
  if (std::isnan(value)) return "-";
  if (type == KpiType::rate || type == KpiType::csat) return percent_words(value);
  if (type == KpiType::nps) return fmt::format("{:.1f} points", value);
  return number_words(value);
}

std::string trait_words(const ColumnAnalysis& column, const SegmentTrait& trait) {
  if (!trait.level.empty()) {
    return fmt::format("{} is {}: {} against {} overall", trait.column, trait.level, percent_words(trait.value),
                       percent_words(trait.overall));
  }
  std::string one, other;
  const auto in_years = [](double x) { return x >= 1800.0 && x <= 2200.0; };
  if (column.kind == Kind::date) {
    one = format_iso_date(std::floor(trait.value));
    other = format_iso_date(std::floor(trait.overall));
  } else if (column.kind == Kind::count && in_years(trait.value) && in_years(trait.overall)) {
    one = fmt::format("{:.0f}", trait.value);
    other = fmt::format("{:.0f}", trait.overall);
  } else {
    const int digits = telling_digits(trait.value, trait.overall);
    one = number_words(trait.value, digits);
    other = number_words(trait.overall, digits);
  }
  return fmt::format("{}: {} against {} overall", trait.column, one, other);
}

}  // namespace tessera
