// SPDX-License-Identifier: Apache-2.0
#include "prepare/sentinels.hpp"

#include <fmt/format.h>

#include "core/dates.hpp"
#include "prepare/level_warnings.hpp"

namespace tessera {

void SentinelCounter::warn(ColumnProfile& profile, bool dates, std::int64_t negatives, const Moments& sums,
                           MomentFrame frame) const {
  const std::int64_t present = profile.rows - profile.missing;
  for (std::size_t place = dates ? kNumberSentinels : 0; place < (dates ? kSentinels.size() : kNumberSentinels); ++place) {
    const auto value = static_cast<double>(kSentinels[place]);
    if (profile.distinct < 4 || (value != profile.min && value != profile.max)) continue;
    const std::int64_t count = value == profile.min ? lowest_.rows : highest_.rows;
    const bool lone_negative = !dates && value < 0.0 && negatives == count;
    // A few -1 may be what they say. Nothing leads from numbers of one sign to a -99.
    const bool frequent = count * 200 >= present || (lone_negative && value < -1.0);
    if (count < 3 || !frequent || count * 2 > present) continue;
    const double d = (value - frame.pivot) * frame.inverse_unit;
    const auto gone = static_cast<double>(count);
    const Summary others = summarize({sums.weight - gone, sums.first - gone * d, sums.second - gone * (d * d), 0.0}, frame);
    const bool apart = std::fabs(value - others.mean) > 5.0 * others.sd;
    if (!apart && !lone_negative) continue;
    profile.warnings.push_back(fmt::format(
        "{} occurs {} times and stands apart from the other values: does it mean 'unknown'? If so, leave those cells empty, or "
        "name it in the attribute missing_value of its HDF5 dataset",
        dates ? format_iso_date(value) : number_label(value), count));
  }
}

}  // namespace tessera
