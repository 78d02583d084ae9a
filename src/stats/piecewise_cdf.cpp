// SPDX-License-Identifier: Apache-2.0
#include "stats/piecewise_cdf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace tessera::stats {
namespace {

constexpr std::size_t kModes = 64;

/// Distinct values with the share below and up to each.
struct Steps {
  std::vector<double> x;
  std::vector<double> below;
  std::vector<double> upto;
};

Steps steps_of(std::span<const double> sorted, std::span<const double> weights) {
  Steps steps;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double reached = 0.0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (steps.x.empty() || sorted[i] != steps.x.back()) {
      steps.x.push_back(sorted[i]);
      steps.below.push_back(reached / total);
      steps.upto.push_back(0.0);
    }
    reached += weights[i];
    steps.upto.back() = reached / total;
  }
  steps.upto.back() = 1.0;
  return steps;
}

struct Knots {
  std::vector<double> x;
  std::vector<double> share;
};

/// Lower (turn = 1) or upper (turn = -1) hull of the points [first, last] from left to right.
Knots hull(std::span<const double> x, std::span<const double> y, std::size_t first, std::size_t last, double turn) {
  Knots knots;
  for (std::size_t i = first; i <= last; ++i) {
    while (knots.x.size() >= 2) {
      const std::size_t b = knots.x.size() - 1;
      const double cross = (knots.x[b] - knots.x[b - 1]) * (y[i] - knots.share[b - 1]) -
                           (knots.share[b] - knots.share[b - 1]) * (x[i] - knots.x[b - 1]);
      if (turn * cross > 0.0) break;
      knots.x.pop_back();
      knots.share.pop_back();
    }
    knots.x.push_back(x[i]);
    knots.share.push_back(y[i]);
  }
  return knots;
}

/// Largest difference between a hull and the points [first, last] that it was drawn around.
double largest_gap(const Knots& knots, std::span<const double> x, std::span<const double> y, std::size_t first,
                   std::size_t last) {
  double gap = 0.0;
  std::size_t segment = 0;
  for (std::size_t i = first; i <= last; ++i) {
    while (segment + 2 < knots.x.size() && knots.x[segment + 1] <= x[i]) ++segment;
    if (segment + 1 >= knots.x.size()) continue;
    const double along = (x[i] - knots.x[segment]) / (knots.x[segment + 1] - knots.x[segment]);
    const double line = knots.share[segment] + along * (knots.share[segment + 1] - knots.share[segment]);
    gap = std::max(gap, std::abs(line - y[i]));
  }
  return gap;
}

}  // namespace

PiecewiseCdf::PiecewiseCdf(std::vector<double> x, std::vector<double> share) : x_(std::move(x)), share_(std::move(share)) {}

double PiecewiseCdf::quantile(double u) const {
  const auto above = std::ranges::upper_bound(share_, u);
  if (above == share_.end()) return x_.back();
  if (above == share_.begin()) return x_.front();
  const auto i = static_cast<std::size_t>(above - share_.begin());
  return x_[i - 1] + (x_[i] - x_[i - 1]) * ((u - share_[i - 1]) / (share_[i] - share_[i - 1]));
}

PiecewiseCdf PiecewiseCdf::with_moments(double mean, double sd) const {
  double own_mean = 0.0;
  for (std::size_t i = 1; i < x_.size(); ++i) own_mean += (share_[i] - share_[i - 1]) * (x_[i] + x_[i - 1]) / 2.0;
  double variance = 0.0;
  for (std::size_t i = 1; i < x_.size(); ++i) {
    const double a = x_[i - 1] - own_mean;
    const double b = x_[i] - own_mean;
    variance += (share_[i] - share_[i - 1]) * (a * a + a * b + b * b) / 3.0;
  }
  const double scale = variance > 0.0 ? sd / std::sqrt(variance) : 1.0;
  PiecewiseCdf moved = *this;
  for (double& x : moved.x_) x = mean + (x - own_mean) * scale;
  return moved;
}

PiecewiseCdf discrete_cdf(std::span<const double> sorted, std::span<const double> weights) {
  const Steps steps = steps_of(sorted, weights);
  Knots knots;
  for (std::size_t i = 0; i < steps.x.size(); ++i) {
    knots.x.insert(knots.x.end(), 2, steps.x[i]);
    knots.share.insert(knots.share.end(), {steps.below[i], steps.upto[i]});
  }
  return {std::move(knots.x), std::move(knots.share)};
}

PiecewiseCdf unimodal_cdf(std::span<const double> sorted, std::span<const double> weights) {
  const Steps steps = steps_of(sorted, weights);
  const std::size_t last = steps.x.size() - 1;
  Knots best;
  double best_gap = std::numeric_limits<double>::infinity();
  std::size_t tried = last + 1;  // none
  for (std::size_t m = 0; m < kModes; ++m) {
    const double u = (static_cast<double>(m) + 0.5) / static_cast<double>(kModes);
    const auto mode = static_cast<std::size_t>(std::ranges::lower_bound(steps.upto, u) - steps.upto.begin());
    if (mode == tried) continue;
    tried = mode;
    Knots left = hull(steps.x, steps.below, 0, mode, 1.0);
    const Knots right = hull(steps.x, steps.upto, mode, last, -1.0);
    const double gap =
        std::max(largest_gap(left, steps.x, steps.below, 0, mode), largest_gap(right, steps.x, steps.upto, mode, last));
    if (gap < best_gap) {
      best_gap = gap;
      left.x.insert(left.x.end(), right.x.begin(), right.x.end());
      left.share.insert(left.share.end(), right.share.begin(), right.share.end());
      best = std::move(left);
    }
  }
  return {std::move(best.x), std::move(best.share)};
}

}  // namespace tessera::stats
