// SPDX-License-Identifier: Apache-2.0
#include "analyse/share_slope.hpp"

#include <cmath>
#include <vector>

#include "analyse/results.hpp"
#include "stats/cochran_armitage.hpp"
#include "stats/period_slope.hpp"

namespace tessera {

ShareSlope share_slope(std::span<const PeriodShare> shares) {
  std::vector<double> scores, hits, totals;
  std::vector<stats::PeriodValue> values;
  for (const PeriodShare& own : shares) {
    const auto period = static_cast<double>(own.period);
    scores.push_back(period);
    hits.push_back(own.n * own.share);
    totals.push_back(own.n);
    values.push_back({period, own.share, std::sqrt(own.share * (1.0 - own.share) / own.n)});
  }
  const stats::Slope slope = stats::period_slope(values);
  return {slope.value, to_interval(slope.interval),
          to_test("Cochran-Armitage test", stats::cochran_armitage(scores, hits, totals))};
}

}  // namespace tessera
