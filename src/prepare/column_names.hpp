// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

/// `*` stands for any run of characters, `?` for one.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view name);

/// A column that an option asked for.
struct ColumnMatch {
  int column = 0;
  bool by_name = false;  ///< spelt out, not matched by a glob
};

/// The columns that `patterns` (names or globs) name, ascending, each once.
/// @param option for the message: "--features"
/// @throws ConfigError if a pattern matches no column, with the nearest name
[[nodiscard]] std::vector<ColumnMatch> match_columns(std::span<const std::string> patterns, std::span<const std::string> names,
                                                     std::string_view option);

/// The words of a column's name in lower case: "customerID", "CUST_ID", "customer id" have two.
[[nodiscard]] std::vector<std::string> name_words(std::string_view name);

/// "id", "uuid", "customerID", "CUSTID", "account_no", ...: by its name the column tells customers apart.
[[nodiscard]] bool named_like_id(std::string_view name);
/// "region_code", "store_id", ...: by its name a number is a code, not a quantity.
[[nodiscard]] bool named_like_code(std::string_view name);
/// "label", "class", "segment", ...: by its name the column is the answer that a segmentation looks for.
[[nodiscard]] bool named_like_grouping(std::string_view name);
/// "Churn", "Response", "Attrition_Flag", ...: by its name the column is what came of a customer.
[[nodiscard]] bool named_like_outcome(std::string_view name);
/// "sample_weight", "survey_weight", ...: by its name a row counts so many times. Plain "weight" may be a customer's own.
[[nodiscard]] bool named_like_weight(std::string_view name);

}  // namespace tessera
