// SPDX-License-Identifier: Apache-2.0
#include "stats/lorenz.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::stats {

LorenzCurve::LorenzCurve(std::span<const ValueTally> tally) {
  double customers = 0.0;
  double total = 0.0;
  for (const ValueTally& at : tally) {
    if (!(at.value >= 0.0 && at.weight >= 0.0)) return;
    customers += at.weight;
    total += at.weight * at.value;
  }
  if (!(total > 0.0) || !std::isfinite(total)) return;
  customers_ = {0.0};
  totals_ = {0.0};
  double reached_customers = 0.0;
  double reached_total = 0.0;
  double twice_area = 0.0;
  for (const ValueTally& at : tally) {
    if (at.weight == 0.0) continue;
    reached_customers += at.weight;
    reached_total += at.weight * at.value;
    const double share = std::min(1.0, reached_total / total);
    twice_area += at.weight / customers * (totals_.back() + share);
    customers_.push_back(std::min(1.0, reached_customers / customers));
    totals_.push_back(share);
  }
  gini_ = std::max(0.0, 1.0 - twice_area);
}

double LorenzCurve::bottom_share(double share) const {
  if (customers_.empty() || !(share >= 0.0 && share <= 1.0)) return kUndefined;
  const auto above = std::ranges::lower_bound(customers_, share);
  if (above == customers_.begin()) return 0.0;
  if (above == customers_.end()) return 1.0;
  const auto i = static_cast<std::size_t>(above - customers_.begin());
  const double along = (share - customers_[i - 1]) / (customers_[i] - customers_[i - 1]);
  return totals_[i - 1] + along * (totals_[i] - totals_[i - 1]);
}

double LorenzCurve::top_share(double share) const { return 1.0 - bottom_share(1.0 - share); }

}  // namespace tessera::stats
