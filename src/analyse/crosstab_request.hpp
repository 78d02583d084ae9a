// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tessera {

/// Reads one `--crosstab`: "region*product", the columns whose levels are rows and columns of a table. Names may hold stars.
/// @return indices into `names`
/// @throws ConfigError if these are not the names of two columns
[[nodiscard]] std::pair<int, int> parse_crosstab(std::string_view text, std::span<const std::string> names);

}  // namespace tessera
