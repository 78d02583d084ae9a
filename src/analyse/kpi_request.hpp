// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/column_levels.hpp"
#include "tessera/analysis.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// One `--kpi` as it was asked for: `name`, `name:type`, `name=level`, `revenue/orders`, `tenure:duration@churn=Yes`.
struct KpiRequest {
  std::string pattern;      ///< name or glob of the column
  std::string denominator;  ///< of a ratio
  std::optional<KpiType> type;
  std::optional<std::string> level;
  std::string event, event_level;  ///< durations: the column, and its level, that says that the event has happened
  /// The columns that it speaks of.
  [[nodiscard]] std::vector<std::string> columns() const;
};

[[nodiscard]] std::string_view to_string(KpiType type);

/// Reads one `--kpi`. A text that is a column's name is that, whatever is in it.
/// @throws ConfigError if an event is asked for of something that is no duration
[[nodiscard]] KpiRequest parse_kpi(std::string_view text, std::span<const std::string> names);

/// A KPI of one column (two for a ratio) whose type is known.
struct KpiSpec {
  std::string name;
  KpiType type = KpiType::mean;
  int column = -1;       ///< of the profiles
  int denominator = -1;  ///< ratio
  int event = -1;        ///< duration; -1: every row had it
  std::string level, event_level;
  double threshold = 0.0;  ///< csat: the least answer that counts
  std::string formula, reason;
};

/// The KPI of one column of those that a request names: what was asked for, else what the values suggest.
/// @param notes  receives why a column can't be a KPI; then nullopt
/// @throws ConfigError if what was asked for does not suit the column
[[nodiscard]] std::optional<KpiSpec> resolve_kpi(const KpiRequest& request, int column, std::span<const ColumnProfile> profiles,
                                                 std::span<const ColumnLevels> levels, std::vector<std::string>& notes);

}  // namespace tessera
