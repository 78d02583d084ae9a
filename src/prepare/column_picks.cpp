// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_picks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "core/edit_distance.hpp"
#include "tessera/error.hpp"

namespace tessera {

int ColumnPicks::pick(std::string_view name, std::string_view option) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : info_->columns) names.push_back(column.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    constexpr std::size_t kShown = 20;
    const auto nearest = nearest_name(name, names);
    const auto shown = std::span(names).first(std::min(names.size(), kShown));
    throw ConfigError(
        fmt::format("{}: the table has no column '{}'", option, name),
        nearest ? fmt::format("did you mean '{}'?", *nearest)
                : fmt::format("the columns are: {}{}", fmt::join(shown, ", "), shown.size() < names.size() ? ", ..." : ""));
  }
  const auto column = static_cast<int>(found - names.begin());
  const auto known = std::find(columns_.begin(), columns_.end(), column);
  if (known == columns_.end()) return columns_.push_back(column), static_cast<int>(columns_.size()) - 1;
  return static_cast<int>(known - columns_.begin());
}

}  // namespace tessera
