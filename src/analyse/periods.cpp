// SPDX-License-Identifier: Apache-2.0
#include "analyse/periods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/dates.hpp"

namespace tessera {

PeriodEdges calendar_periods(double first, double last, std::int64_t most) {
  PeriodEdges periods;
  const double span = last - first;
  if (!(span >= 0.0)) return periods;
  const int months = span > 3.0 * 366.0 ? 12 : span > 366.0 ? 3 : 1;
  const std::string start = format_iso_date(std::floor(first));
  if (start.size() < 10) return periods;
  int year = std::stoi(start.substr(0, 4));
  int month = (std::stoi(start.substr(5, 2)) - 1) / months * months + 1;
  for (;;) {
    const auto day = days_from_civil(year, month, 1);
    if (!day || static_cast<double>(*day) > last) break;
    periods.edges.push_back(static_cast<double>(*day));
    periods.labels.push_back(months == 12  ? fmt::format("{}", year)
                             : months == 3 ? fmt::format("{} Q{}", year, (month - 1) / 3 + 1)
                                           : fmt::format("{}-{:02}", year, month));
    month += months;
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
  }
  const std::int64_t extra = std::max<std::int64_t>(0, std::ssize(periods.edges) - most);
  periods.edges.erase(periods.edges.begin(), periods.edges.begin() + extra);
  periods.labels.erase(periods.labels.begin(), periods.labels.begin() + extra);
  return periods;
}

}  // namespace tessera
