// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tessera {

/// The text of an expression, taken from left to right by its parser. Blanks between what is taken don't count.
class ExpressionText {
 public:
  /// @param option for messages: "--where"; @param example what could stand there, for the advice
  ExpressionText(std::string_view text, std::string_view option, std::string_view example)
      : text_(text), option_(option), example_(example) {}

  /// Byte of the text where the next piece begins.
  [[nodiscard]] std::size_t position();
  /// Its first byte; NUL at the end.
  [[nodiscard]] char next();
  /// Takes the sign if it comes next.
  bool take(std::string_view sign);
  /// Takes a word of the language (lower case), in any case.
  bool take_word(std::string_view word);
  /// Takes letters, digits, _ and . that begin with no digit; empty if there are none.
  std::string_view take_name();
  /// Takes what is between the quote that comes next and the one that ends it; doubled it is one of the text.
  std::string take_quoted();
  /// Takes a finite decimal number. @returns false if none is there
  bool take_number(double& value);

  /// @throws ConfigError (usage): what was expected where it now stands
  [[noreturn]] void fail(std::string_view expected) const;

 private:
  std::string_view text_;
  std::string_view option_;
  std::string_view example_;
  std::size_t at_ = 0;
};

}  // namespace tessera
