// SPDX-License-Identifier: Apache-2.0
#include "report/sections/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.hpp"

namespace tessera::sections {

using document::Cell;
using document::Prose;

Format format_of_unit(const std::string& unit) {
  return unit == "share" ? Format::share : unit == "points" ? Format::points : Format::number;
}

const char* script_name(Format format) { return format == Format::share ? "percent" : "number"; }

std::string value_words(double value, Format format) {
  if (std::isnan(value)) return "–";
  switch (format) {
    case Format::share:
      return value < 0 ? "-" + text::percent(-value) : text::percent(value);
    case Format::points:
      return fmt::format("{:+.1f}", value);
    case Format::number:
      break;
  }
  return text::number(value);
}

std::string interval_words(const Input& interval, Format format) {
  const double low = number(element(interval, 0)), high = number(element(interval, 1));
  if (std::isnan(low) || std::isnan(high)) return {};
  return fmt::format("{} to {}", value_words(low, format), value_words(high, format));
}

Cell value_cell(double value, Format format) {
  Cell cell;
  if (std::isnan(value)) return cell;
  cell.prose = {value_words(value, format)};
  cell.value = value;
  return cell;
}

Cell p_cell(double p) {
  Cell cell = value_cell(p);
  if (cell.prose.empty()) return cell;
  cell.prose = {p < 1e-16 ? std::string("< 1e-16") : p < 1e-4 ? fmt::format("{:.0e}", p) : text::number(p, 2)};
  return cell;
}

Cell count_cell(std::int64_t value) {
  Cell cell;
  if (value < 0) return cell;
  cell.prose = {text::count(value)};
  cell.value = static_cast<double>(value);
  return cell;
}

Cell text_cell(Prose prose) {
  Cell cell;
  cell.prose = std::move(prose);
  return cell;
}

Cell words_cell(const std::string& words, std::string explanation) {
  Cell cell;
  if (!words.empty()) cell.prose = {words};
  cell.explanation = std::move(explanation);
  return cell;
}

Cell value_or_date_cell(const Input& value, Format format) {
  if (value.is_string()) return text_cell({document::name(text(value))});
  return value_cell(number(value), format);
}

std::string test_words(const Input& test) {
  const std::string name = text(test, "name");
  if (name.empty()) return {};
  std::string words = text::shorten(text::printable(name), 80);
  const double statistic = number(test, "statistic"), df1 = number(test, "df1"), df2 = number(test, "df2");
  if (!std::isnan(statistic)) words += fmt::format(", statistic {}", text::number(statistic));
  if (!std::isnan(df1)) {
    words += fmt::format(", {}{} degrees of freedom", text::number(df1),
                         std::isnan(df2) ? std::string() : " and " + text::number(df2));
  }
  const std::string p = p_words(test);
  if (!p.empty()) words += ", " + p;
  const std::string family = text(test, "family");
  if (!family.empty() && !std::isnan(number(test, "p_adjusted"))) {
    words += " adjusted over " + text::shorten(text::printable(family), 120);
  }
  return words;
}

std::string p_words(const Input& test) {
  const std::string p = text(test, "p_text");
  if (p.empty()) return {};
  return "p " + text::shorten(text::printable(p), 20);
}

std::string effect_words(const Input& effect) {
  const double value = number(effect, "value");
  if (std::isnan(value)) return {};
  const std::string interval = interval_words(member(effect, "interval"), Format::number);
  return fmt::format("{} {}{}", text::shorten(text::printable(text(effect, "measure")), 40), text::number(value, 2),
                     interval.empty() ? std::string() : " (" + interval + ")");
}

Cell effect_cell(const Input& effect) {
  Cell cell = value_cell(number(effect, "value"));
  if (cell.prose.empty()) return cell;
  cell.prose = {text::number(cell.value, 2)};
  if (truth(effect, "notable")) cell.prose = {document::strong(text::number(cell.value, 2))};
  cell.explanation = effect_words(effect);
  return cell;
}

int heat_of(double value, double step) {
  if (std::isnan(value)) return Cell::kNoHeat;
  return static_cast<int>(std::clamp(std::round(value / step), -5.0, 5.0));
}

Json chart_value(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Prose left_out(std::size_t all, std::size_t shown, const std::string& what, const std::string& file) {
  if (shown >= all) return {};
  return document::say(
      "Shown are {} of {} {}; all of them are in {}.",
      {text::count(static_cast<std::int64_t>(shown)), text::count(static_cast<std::int64_t>(all)), what, document::code(file)});
}

}  // namespace tessera::sections
