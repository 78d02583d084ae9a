// SPDX-License-Identifier: Apache-2.0
#include "analyse/crosstab_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/edit_distance.hpp"
#include "tessera/error.hpp"

namespace tessera {

std::pair<int, int> parse_crosstab(std::string_view text, std::span<const std::string> names) {
  const auto find = [&](std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  std::string_view unknown;
  for (std::size_t star = text.find('*'); star != std::string_view::npos; star = text.find('*', star + 1)) {
    const std::string_view left = text.substr(0, star), right = text.substr(star + 1);
    const int rows = find(left), columns = find(right);
    if (rows >= 0 && columns >= 0 && rows != columns) return {rows, columns};
    if (rows >= 0 && rows == columns) {
      throw ConfigError(fmt::format("--crosstab {}: a column is not crossed with itself", text), "name two columns");
    }
    if (unknown.empty()) unknown = rows < 0 ? left : right;
  }
  if (unknown.empty()) {
    throw ConfigError(fmt::format("--crosstab {}: no two columns", text),
                      "write both with a star between them: region*product");
  }
  const auto nearest = nearest_name(std::string(unknown), std::vector<std::string>(names.begin(), names.end()));
  throw ConfigError(fmt::format("--crosstab {}: there is no column '{}'", text, unknown),
                    nearest ? fmt::format("did you mean '{}'?", *nearest) : "`tessera inspect` lists the columns");
}

}  // namespace tessera
