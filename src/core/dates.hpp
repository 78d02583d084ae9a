// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera {

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; nullopt if there is no such date. Years 0..9999.
[[nodiscard]] std::optional<std::int64_t> days_from_civil(int year, int month, int day);

/// Reads ISO 8601 text as days since 1970-01-01 (UTC): "2013-09-04", "2013-09-04 10:20", "2013-09-04T10:20:30",
/// "2013-09-04T10:20:30.25Z". Without a zone the time counts as UTC; of zones, only Z and +00:00 are understood, because a date
/// with an offset can be another day here and there. A time of day becomes the fraction. nullopt for anything else.
[[nodiscard]] std::optional<double> parse_iso_date(std::string_view text);

/// The inverse: "2013-09-04" for whole days, else "2013-09-04 10:20:30" (to the nearest second). Outside of years 0..9999: the
/// number of days in decimal.
[[nodiscard]] std::string format_iso_date(double days);

}  // namespace tessera
