// SPDX-License-Identifier: Apache-2.0
#include "analyse/two_groups.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "stats/dip.hpp"
#include "stats/discretised_mixture.hpp"

namespace tessera {
namespace {

constexpr double kMostSteps = 21.0, kLeastSteps = 5.0;
constexpr double kLeastShare = 0.1;  ///< of the customers: fewer are no group, but a splinter

/// A scale such as 0..10: whole numbers within a short range.
bool is_scale(const NumberRange& range) {
  const double steps = range.max - range.min + 1.0;
  return range.integral && steps <= kMostSteps && steps >= kLeastSteps;
}

/// Without the heaps of equal values at both ends: nothing bought, a limit reached.
std::span<const double> without_heaps(std::span<const double> values) {
  constexpr double kHeap = 0.05;  // of all values
  const double least = kHeap * static_cast<double>(values.size());
  const auto low = std::ranges::upper_bound(values, values.front()), high = std::ranges::lower_bound(values, values.back());
  const bool low_heap = static_cast<double>(low - values.begin()) > least;
  const bool high_heap = static_cast<double>(values.end() - high) > least;
  const auto first = low_heap ? low : values.begin(), last = high_heap ? high : values.end();
  return first < last ? std::span(first, last) : std::span<const double>();
}

/// A density of sorted values on an even grid, smoothed by a normal kernel: as wide as is usual for a normal sample of the size
/// (Silverman 1986), but at least a fifth of the standard deviation, so that prices that end alike and ages rounded to fives do
/// not count as peaks.
class SmoothDensity {
 public:
  explicit SmoothDensity(std::span<const double> values) : low_(values.front()) {
    const auto n = static_cast<double>(values.size());
    double mean = 0.0, squares = 0.0;
    for (const double x : values) mean += x / n;
    for (const double x : values) squares += (x - mean) * (x - mean) / n;
    const double sd = std::sqrt(squares);
    const auto quantile = [&](double share) { return values[static_cast<std::size_t>(share * (n - 1.0))]; };
    const double quartiles = (quantile(0.75) - quantile(0.25)) / 1.349;
    const double width = std::max(0.2 * sd, 0.9 * (quartiles > 0.0 ? std::min(sd, quartiles) : sd) * std::pow(n, -0.2));
    step_ = (values.back() - low_) / static_cast<double>(kPoints - 1);
    std::vector<double> counts(kPoints);
    for (const double x : values) ++counts[static_cast<std::size_t>((x - low_) / step_ + 0.5)];
    const auto reach = static_cast<std::int64_t>(4.0 * width / step_) + 1;
    std::vector<double> kernel;
    for (std::int64_t i = 0; i <= reach; ++i)
      kernel.push_back(std::exp(-0.5 * std::pow(static_cast<double>(i) * step_ / width, 2)));
    density_.resize(kPoints);
    for (std::int64_t i = 0; i < kPoints; ++i) {
      const std::int64_t first = std::max<std::int64_t>(0, i - reach), last = std::min<std::int64_t>(kPoints - 1, i + reach);
      for (std::int64_t j = first; j <= last; ++j) {
        density_[static_cast<std::size_t>(i)] +=
            counts[static_cast<std::size_t>(j)] * kernel[static_cast<std::size_t>(std::abs(i - j))];
      }
    }
  }

  /// Where the density falls most between peaks, of those places that leave at least `least_share` of the values on both sides.
  void find_valley(std::span<const double> values, double least_share, TwoGroups& look) const {
    std::vector<double> highest_right(density_);
    for (std::size_t i = highest_right.size() - 1; i-- > 0;)
      highest_right[i] = std::max(highest_right[i], highest_right[i + 1]);
    const auto n = static_cast<double>(values.size());
    double highest_left = 0.0;
    for (std::size_t i = 0; i < density_.size(); ++i) {
      highest_left = std::max(highest_left, density_[i]);
      const double valley = density_[i] / std::min(highest_left, highest_right[i]);
      const double at = low_ + static_cast<double>(i) * step_;
      const auto below = static_cast<double>(std::ranges::upper_bound(values, at) - values.begin());
      if (below < least_share * n || below > (1.0 - least_share) * n || !(std::isnan(look.valley) || valley < look.valley))
        continue;
      look.valley = valley;
      look.low_share = below / n;
    }
  }

 private:
  static constexpr std::int64_t kPoints = 512;
  double low_, step_ = 0.0;
  std::vector<double> density_;
};

void find_modes(std::span<const double> values, TwoGroups& look) {
  const auto below = static_cast<std::size_t>(std::round(look.low_share * static_cast<double>(values.size())));
  double low = 0.0, high = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) (i < below ? low : high) += values[i];
  look.low_mode = low / static_cast<double>(below);
  look.high_mode = high / static_cast<double>(values.size() - below);
}

/// Whole numbers were rounded, and heaps of equal values dip by themselves. Each heap is spread evenly over the step that it
/// stands for, which leaves a distribution with one peak that one peak.
std::vector<double> spread_whole_numbers(std::span<const double> whole) {
  std::vector<double> values(whole.begin(), whole.end());
  for (std::size_t first = 0; first < values.size();) {
    std::size_t last = first;
    while (last < values.size() && values[last] == values[first]) ++last;
    const double step = values[first], count = static_cast<double>(last - first);
    for (std::size_t i = first; i < last; ++i) {
      values[i] = step - 0.5 + (static_cast<double>(i - first) + 0.5) / count;
    }
    first = last;
  }
  return values;
}

TwoGroups look_at_scale(const std::vector<double>& values, const NumberRange& range) {
  std::vector<double> counts(static_cast<std::size_t>(range.max - range.min) + 1);
  for (const double x : values) ++counts[static_cast<std::size_t>(x - range.min)];
  const stats::DiscreteBimodality fit = stats::discretised_mixture(counts);
  TwoGroups look;
  look.method = "two groups on a scale (difference of BIC)";
  look.statistic = fit.delta_bic;
  look.valley = fit.valley;
  look.n = std::ssize(values);
  look.on_scale = stats::is_bimodal(fit);
  if (!look.on_scale) return look;
  look.low_mode = std::clamp(range.min + fit.lower.mean, range.min, range.max);
  look.high_mode = std::clamp(range.min + fit.upper.mean, range.min, range.max);
  look.low_share = fit.lower.share;
  return look;
}

}  // namespace

TwoGroups look_for_two_groups(const std::vector<double>& values, const NumberRange& range) {
  if (is_scale(range)) return look_at_scale(values, range);
  const std::span<const double> rest = without_heaps(values);
  TwoGroups look;
  look.method = "Hartigan's dip test";
  look.n = std::ssize(rest);
  look.aside_share = 1.0 - static_cast<double>(rest.size()) / static_cast<double>(values.size());
  if (rest.empty() || rest.front() == rest.back()) return look;
  const stats::DipResult dip =
      stats::dip_test(range.integral ? spread_whole_numbers(rest) : std::vector(rest.begin(), rest.end()));
  look.statistic = dip.dip;
  look.p = dip.p;
  SmoothDensity(rest).find_valley(rest, kLeastShare, look);
  if (!std::isnan(look.valley)) find_modes(rest, look);
  return look;
}

bool are_two_groups(const TwoGroups& look, double p_adjusted) {
  constexpr double kMostP = 0.01, kDeepestPlain = 0.8;
  return look.on_scale || (p_adjusted < kMostP && look.valley < kDeepestPlain);
}

}  // namespace tessera
