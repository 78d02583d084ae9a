// SPDX-License-Identifier: Apache-2.0
#include "stats/dip.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "stats/distribution_steps.hpp"

namespace tessera::stats {
namespace {

/// The points [first, last] between which the mode may lie.
struct ModalInterval {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Both hulls of the distribution function over a modal interval: a unimodal function close to it rises along the lower hull up
/// to the mode and along the upper one beyond.
class Hulls {
 public:
  Hulls(const DistributionSteps& steps, ModalInterval interval)
      : steps_(steps),
        interval_(interval),
        lower_corners_(hull_corners(steps.x, steps.below, interval.first, interval.last, Hull::lower)),
        upper_corners_(hull_corners(steps.x, steps.upto, interval.first, interval.last, Hull::upper)),
        lower_(hull_heights(steps.x, steps.below, lower_corners_)),
        upper_(hull_heights(steps.x, steps.upto, upper_corners_)) {}

  /// Largest distance between the hulls, and the interval about it: from a corner of the lower to one of the upper hull.
  [[nodiscard]] double widest(ModalInterval& about) const {
    double gap = -1.0;
    for (const std::size_t corner : lower_corners_) {
      if (gap_at(corner) <= gap) continue;
      gap = gap_at(corner);
      about = {corner, *std::ranges::lower_bound(upper_corners_, corner)};
    }
    for (const std::size_t corner : upper_corners_) {
      if (gap_at(corner) <= gap) continue;
      gap = gap_at(corner);
      about = {*(std::ranges::upper_bound(lower_corners_, corner) - 1), corner};
    }
    return gap;
  }

  /// Largest distance between the distribution function and the hulls outside a narrower modal interval.
  [[nodiscard]] double worst_outside(ModalInterval narrower) const {
    double worst = 0.0;
    for (std::size_t i = interval_.first; i < narrower.first; ++i) {
      worst = std::max(worst, steps_.upto[i] - lower_[i - interval_.first]);
    }
    for (std::size_t i = narrower.last + 1; i <= interval_.last; ++i) {
      worst = std::max(worst, upper_[i - interval_.first] - steps_.below[i]);
    }
    return worst;
  }

 private:
  [[nodiscard]] double gap_at(std::size_t i) const { return upper_[i - interval_.first] - lower_[i - interval_.first]; }

  const DistributionSteps& steps_;
  ModalInterval interval_;
  std::vector<std::size_t> lower_corners_, upper_corners_;
  std::vector<double> lower_, upper_;
};

double size_of(std::span<const double> sorted, std::span<const double> counts) {
  return counts.empty() ? static_cast<double>(sorted.size()) : std::accumulate(counts.begin(), counts.end(), 0.0);
}

}  // namespace

double dip(std::span<const double> sorted, std::span<const double> counts) {
  const double n = size_of(sorted, counts);
  if (sorted.empty() || !(n > 0.0) || std::isnan(sorted.front()) || std::isnan(sorted.back())) return kUndefined;
  const DistributionSteps steps = distribution_steps(sorted, counts);
  ModalInterval interval = {0, steps.x.size() - 1};
  double twice_dip = 1.0 / n;  // no step function is closer to a continuous one
  for (;;) {
    const Hulls hulls(steps, interval);
    ModalInterval narrower;
    if (hulls.widest(narrower) <= twice_dip) break;
    twice_dip = std::max(twice_dip, hulls.worst_outside(narrower));
    if (narrower.first == interval.first && narrower.last == interval.last) break;
    interval = narrower;
  }
  return twice_dip / 2.0;
}

DipResult dip_test(std::span<const double> sorted, std::span<const double> counts) {
  const double depth = dip(sorted, counts);
  return {depth, dip_p(depth, size_of(sorted, counts))};
}

}  // namespace tessera::stats
