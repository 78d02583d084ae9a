// SPDX-License-Identifier: Apache-2.0
#include "app/given_segments.hpp"

#include <fmt/format.h>

#include "prepare/column_names.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Segments are compared in pairs, and a picture of more is no picture.
constexpr std::int64_t kMostSegments = 60;

}  // namespace

int segment_column(const TableInfo& info, const std::string& name) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : info.columns) names.push_back(column.name);
  const auto matches = match_columns(std::vector{name}, names, "--by");
  if (matches.size() > 1) throw ConfigError(fmt::format("--by names {} columns", matches.size()), "name one");
  return matches.front().column;
}

std::vector<std::string> given_segments(const ProfiledColumns& columns, int by, const TableInfo& info) {
  const ColumnLevels& levels = columns.levels[static_cast<std::size_t>(by)];
  const ColumnProfile& profile = columns.profiles[static_cast<std::size_t>(by)];
  const DataLocation where{info.path.string(), info.dataset, -1, profile.name};
  if (profile.missing == profile.rows)
    throw DataError("the column that gives the segments is empty", where, "name another with --by");
  if (!levels.complete || std::ssize(levels.labels) > kMostSegments) {
    throw DataError(fmt::format("the column has {}{} levels, and each would be a segment",
                                profile.distinct_exact ? "" : "about ", profile.distinct),
                    where, fmt::format("name a column of at most {} with --by", kMostSegments));
  }
  return levels.labels;
}

}  // namespace tessera
