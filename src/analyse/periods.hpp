// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

/// Runs of days.
struct PeriodEdges {
  std::vector<double> edges;        ///< [periods] first day of each
  std::vector<std::string> labels;  ///< "2024", "2024 Q3", "2024-07"
};

/// Calendar months, quarters or years, whichever are few enough to be read, from the first day to the last.
/// @param first, last  days since 1970-01-01
/// @param most         periods; years beyond it are cut off at the front
[[nodiscard]] PeriodEdges calendar_periods(double first, double last, std::int64_t most);

}  // namespace tessera
