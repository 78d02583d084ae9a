// SPDX-License-Identifier: Apache-2.0
#include "prepare/quantile.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace tessera {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

/// Patterns that order like the values; -0 counts as +0.
std::uint64_t pattern_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

double value_of(std::uint64_t pattern) {
  return std::bit_cast<double>((pattern & kSignBit) != 0 ? pattern ^ kSignBit : ~pattern);
}

}  // namespace

QuantileSearch::QuantileSearch(double lowest, double highest, std::vector<int> quarters, std::size_t bins) : bin_count_(bins) {
  intervals_.push_back(make_interval(pattern_of(lowest), pattern_of(highest), 0));
  for (const int quarter : quarters) {
    targets_.push_back({quarter, false});
    targets_.push_back({quarter, true});
  }
}

QuantileSearch::Interval QuantileSearch::make_interval(std::uint64_t low, std::uint64_t high, UInt128 below) const {
  Interval interval{low, high, value_of(low), value_of(high), 0, below, {}};
  while (((high - low) >> interval.shift) >= bin_count_) ++interval.shift;
  interval.bins.resize(static_cast<std::size_t>((high - low) >> interval.shift) + 1);
  return interval;
}

void QuantileSearch::count(std::span<const double> values, std::span<const std::int64_t> units) {
  for (Interval& interval : intervals_) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      // From the second sweep on, nearly all cells end here, and so does NaN.
      if (!(values[i] >= interval.low_value && values[i] <= interval.high_value)) continue;
      const std::int64_t weight = units.empty() ? 1 : units[i];
      if (weight <= 0) continue;
      const std::uint64_t pattern = pattern_of(values[i]);
      Bin& bin = interval.bins[static_cast<std::size_t>((pattern - interval.low) >> interval.shift)];
      bin.weight += static_cast<UInt128>(weight);
      bin.lowest = std::min(bin.lowest, pattern);
      bin.highest = std::max(bin.highest, pattern);
    }
  }
}

void QuantileSearch::locate(Target& target, std::vector<Interval>& next) const {
  const Interval& interval = intervals_[target.interval];
  const UInt128 wanted = static_cast<UInt128>(target.quarter) * total_;
  UInt128 cumulated = interval.below;
  for (const Bin& bin : interval.bins) {
    const UInt128 below = cumulated;
    cumulated += bin.weight;
    if (bin.weight == 0 || !(target.beyond ? 4 * cumulated > wanted : 4 * cumulated >= wanted)) continue;
    target.found = bin.lowest == bin.highest;
    target.pattern = bin.lowest;
    if (target.found) return;
    // Both targets of a quantile, and often several quantiles, lie in one bin: it is refined once.
    const auto same = std::find_if(next.begin(), next.end(), [&](const Interval& known) { return known.low == bin.lowest; });
    target.interval = static_cast<std::size_t>(same - next.begin());
    if (same == next.end()) next.push_back(make_interval(bin.lowest, bin.highest, below));
    return;
  }
  target.found = true;  // no weight at all
}

bool QuantileSearch::refine() {
  if (!total_known_) {
    for (const Bin& bin : intervals_.front().bins) total_ += bin.weight;
    total_known_ = true;
  }
  std::vector<Interval> next;
  for (Target& target : targets_) {
    if (!target.found) locate(target, next);
  }
  intervals_ = std::move(next);
  return !intervals_.empty();
}

Quantile QuantileSearch::quantile(std::size_t i) const {
  if (total_ == 0) return {};
  return {value_of(targets_[2 * i].pattern), value_of(targets_[2 * i + 1].pattern)};
}

double Quantile::value() const {
  if (lower == upper) return lower;
  const double sum = lower + upper;
  return std::isfinite(sum) ? 0.5 * sum : 0.5 * lower + 0.5 * upper;
}

}  // namespace tessera
