// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/document/document.hpp"
#include "report/sections/fields.hpp"

namespace tessera::sections {

/// The question about a customer that a column answers.
enum class Question { who, where, what, when, why };

/// Goes by the words in the column's name (English) and its kind; a column that nothing is known about says what customers do.
[[nodiscard]] Question question_of(std::string_view column, std::string_view kind);

/// What sets a segment apart in one column, read from `traits` of the analysis or `distinguished_by` of the fit.
struct TraitView {
  std::string column, level;
  std::string label, figures;  ///< "income", "82,000 against 52,000 overall"
  double value = 0.0;          ///< share of the level, if there is one
  double strength = 0.0;       ///< signed: standard deviations, or Cohen's d or h
};
/// The strongest first, none weaker than a quarter.
[[nodiscard]] std::vector<TraitView> traits_of(const Input& analysed_segment, const Input& fitted_segment);

/// The card's lines: who, where, what, when, why, as far as the traits answer them.
[[nodiscard]] std::vector<document::Card::Line> persona_lines(const std::vector<TraitView>& traits, const Input& summary);

/// A customer in the middle of the segment, rounded: the columns of its traits first. No items if there is none.
[[nodiscard]] document::Card::Line typical_line(const Input& analysed_segment, const std::vector<TraitView>& traits,
                                                const Input& summary);

}  // namespace tessera::sections
