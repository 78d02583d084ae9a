// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

/// A column as an expression names it.
struct NamedColumn {
  std::string name;
  std::size_t at = 0;  ///< byte of the expression where it stands
};

/// What rows are asked for, as parsed: columns by name, not looked up yet.
struct FilterNode {
  enum class Form : std::uint8_t { compare, missing, negation, conjunction, disjunction };
  enum class Relation : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };

  Form form = Form::compare;
  NamedColumn column;  ///< compare, missing
  Relation relation = Relation::equal;
  bool against_text = false;
  double number = 0.0;
  std::string text;
  std::vector<FilterNode> parts;  ///< negation: one; conjunction, disjunction: two or more
};

/// Parses
///     condition := all {"or" all}      all := one {"and" one}      one := "not" one | "(" condition ")" | test
///     test := column relation value | column "is" ["not"] "missing"
///     relation := = == != <> < <= > >=     value := number | 'text' ('' is a quote)
///     column := word of letters, digits, _ and . | `any name` | "any name" (a doubled quote is one)
/// Words of the language are read in upper and lower case.
/// @param option for messages: "--where"
/// @throws ConfigError (usage) that points at the place
[[nodiscard]] FilterNode parse_filter(std::string_view text, std::string_view option);

/// Parses column {"*" column}. @throws ConfigError (usage) that points at the place
[[nodiscard]] std::vector<NamedColumn> parse_product(std::string_view text, std::string_view option);

}  // namespace tessera
