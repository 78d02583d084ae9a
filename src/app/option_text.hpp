// SPDX-License-Identifier: Apache-2.0
// Options whose values are small languages, as users write them and as manifest.json keeps them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tessera/prepare.hpp"

namespace tessera {

/// "auto" -> nullopt; "5" -> 5. @throws ConfigError (usage)
[[nodiscard]] std::optional<int> parse_segments(std::string_view text);

/// "1:10" or "5" (5:5). @throws ConfigError (usage)
[[nodiscard]] std::pair<int, int> parse_range(std::string_view text);
[[nodiscard]] std::string range_text(int least, int most);

/// "auto", "none" or "log1p:a,b*", put into `options`. @throws ConfigError (usage)
void parse_transform(std::string_view text, PrepareOptions& options);
[[nodiscard]] std::string transform_text(const PrepareOptions& options);

/// "name=0.5:a,b*"; as a name may hold both signs, the weight is the first number between them. @throws ConfigError (usage)
[[nodiscard]] WeightBlock parse_weight_block(std::string_view text);
[[nodiscard]] std::string weight_block_text(const WeightBlock& block);

/// "drop-row" -> MissingPolicy::drop_row; nothing for other words.
[[nodiscard]] std::optional<MissingPolicy> parse_missing(std::string_view text);

/// "2026-03-31" -> days since 1970-01-01. @throws ConfigError (usage)
[[nodiscard]] double parse_date(std::string_view text);

/// "FILE:/dataset" -> both; without a dataset the second is empty. @throws ConfigError (usage)
[[nodiscard]] std::pair<std::filesystem::path, std::string> parse_file_and_dataset(std::string_view text);

}  // namespace tessera
