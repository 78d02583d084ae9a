// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/document/document.hpp"
#include "report/sections/fields.hpp"

/// Numbers, tests and effects in words and cells, the same way in every section.
namespace tessera::sections {

/// How a value is written.
enum class Format {
  number,  ///< 82,000
  share,   ///< 34%
  points   ///< NPS: +14.0
};
/// The format of a KPI's values: "share", "points", else numbers.
[[nodiscard]] Format format_of_unit(const std::string& unit);
/// What templates/report.js calls it.
[[nodiscard]] const char* script_name(Format format);

[[nodiscard]] std::string value_words(double value, Format format);
/// "0.31 to 0.45"; empty if there is no interval.
[[nodiscard]] std::string interval_words(const Input& interval, Format format);
/// A number for people with the number itself behind it; a dash for NaN.
[[nodiscard]] document::Cell value_cell(double value, Format format = Format::number);
/// "0.013", "2e-06", "< 1e-16".
[[nodiscard]] document::Cell p_cell(double p);
[[nodiscard]] document::Cell count_cell(std::int64_t value);
[[nodiscard]] document::Cell text_cell(document::Prose prose);
/// Words of our own; a dash if there are none.
[[nodiscard]] document::Cell words_cell(const std::string& words, std::string explanation = {});
/// A date as ISO text, or a number.
[[nodiscard]] document::Cell value_or_date_cell(const Input& value, Format format = Format::number);

/// "Welch's t test, t = 4.21, 187.3 degrees of freedom, p 0.0012 after adjusting over ..."; empty if there is no test.
[[nodiscard]] std::string test_words(const Input& test);
/// "p 0.013", "p < 1e-16": the adjusted one if there is one; empty if there is no test.
[[nodiscard]] std::string p_words(const Input& test);
/// "Cohen's d 0.45 (0.31 to 0.59)"; empty if there is none.
[[nodiscard]] std::string effect_words(const Input& effect);
/// The effect in a cell, its interval on pointing at it.
[[nodiscard]] document::Cell effect_cell(const Input& effect);

/// Colour of a cell: `value` in steps of `step`, at most five to either side. No colour for NaN.
[[nodiscard]] int heat_of(double value, double step);

/// JSON for a chart: null where there is no number.
[[nodiscard]] Json chart_value(double value);

/// "and 12 more in kpis.csv": the sentence about what a table does not show; empty if nothing is left out.
[[nodiscard]] document::Prose left_out(std::size_t all, std::size_t shown, const std::string& what, const std::string& file);

}  // namespace tessera::sections
