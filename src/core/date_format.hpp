// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tessera {

/// How dates are written, in the letters of strptime: %Y, %y (69 to 99: 19.., else 20..), %m, %d, %b (Jan or January, in any
/// case), %H, %I with %p (AM, PM), %M, %S, %%. Numbers other than %Y may have one digit or two. Everything else stands for
/// itself.
class DateFormat {
 public:
  /// @throws ConfigError (usage) for other letters, or without day, month and year
  explicit DateFormat(std::string format);
  /// Days since 1970-01-01, the time of day as the fraction; nullopt if the text is not written so, or there is no such date.
  [[nodiscard]] std::optional<double> read(std::string_view text) const;

 private:
  std::string format_;
};

/// The formats in which a cell such as "12/1/2010 8:26" may be written: none, one, or two if day and month could be each other.
struct DateGuess {
  std::string format, other;  ///< empty: none
};
[[nodiscard]] DateGuess guess_date_format(std::string_view cell);

}  // namespace tessera
