// SPDX-License-Identifier: Apache-2.0
#include "stats/piecewise_cdf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stats/distribution_steps.hpp"

namespace tessera::stats {
namespace {

constexpr std::size_t kModes = 64;

struct Knots {
  std::vector<double> x;
  std::vector<double> share;
};

/// Largest difference between a hull and the points that it was drawn around.
double largest_gap(std::span<const std::size_t> corners, std::span<const double> x, std::span<const double> y) {
  const std::vector<double> heights = hull_heights(x, y, corners);
  double gap = 0.0;
  for (std::size_t i = 0; i < heights.size(); ++i) gap = std::max(gap, std::abs(heights[i] - y[corners.front() + i]));
  return gap;
}

void add_knots(Knots& knots, std::span<const std::size_t> corners, std::span<const double> x, std::span<const double> share) {
  for (const std::size_t corner : corners) {
    knots.x.push_back(x[corner]);
    knots.share.push_back(share[corner]);
  }
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
  const DistributionSteps steps = distribution_steps(sorted, weights);
  Knots knots;
  for (std::size_t i = 0; i < steps.x.size(); ++i) {
    knots.x.insert(knots.x.end(), 2, steps.x[i]);
    knots.share.insert(knots.share.end(), {steps.below[i], steps.upto[i]});
  }
  return {std::move(knots.x), std::move(knots.share)};
}

PiecewiseCdf unimodal_cdf(std::span<const double> sorted, std::span<const double> weights) {
  const DistributionSteps steps = distribution_steps(sorted, weights);
  const std::size_t last = steps.x.size() - 1;
  Knots best;
  double best_gap = std::numeric_limits<double>::infinity();
  std::size_t tried = last + 1;  // none
  for (std::size_t m = 0; m < kModes; ++m) {
    const double u = (static_cast<double>(m) + 0.5) / static_cast<double>(kModes);
    const auto mode = static_cast<std::size_t>(std::ranges::lower_bound(steps.upto, u) - steps.upto.begin());
    if (mode == tried) continue;
    tried = mode;
    const std::vector<std::size_t> left = hull_corners(steps.x, steps.below, 0, mode, Hull::lower);
    const std::vector<std::size_t> right = hull_corners(steps.x, steps.upto, mode, last, Hull::upper);
    const double gap = std::max(largest_gap(left, steps.x, steps.below), largest_gap(right, steps.x, steps.upto));
    if (gap < best_gap) {
      best_gap = gap;
      best = {};
      add_knots(best, left, steps.x, steps.below);
      add_knots(best, right, steps.x, steps.upto);
    }
  }
  return {std::move(best.x), std::move(best.share)};
}

}  // namespace tessera::stats
