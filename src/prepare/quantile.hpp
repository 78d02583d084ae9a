// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tessera/int128.hpp"

namespace tessera {

/// The least value whose cumulated weight reaches a quantile, and the least whose cumulated weight exceeds it.
struct Quantile {
  double lower = 0.0, upper = 0.0;
  /// Their mean.
  [[nodiscard]] double value() const;
};

/// Exact weighted quantiles of one column in a few sweeps and bounded memory: integer counts over the ordered bit pattern of
/// float64, refined around every quantile until its value is known. The result depends on the multiset of (value, weight)
/// alone.
///
/// The quantile q is the mean of the least value whose cumulated weight reaches q and the least whose cumulated weight exceeds
/// it (definition 2 of Hyndman & Fan, 1996): the usual median, and a row of weight 2 counts exactly like the row twice.
class QuantileSearch {
 public:
  /// @param lowest, highest bounds of all values, finite
  /// @param quarters the quantiles wanted, in quarters: 2 is the median; each 1..3
  /// @param bins more bins, fewer sweeps; >= 2
  QuantileSearch(double lowest, double highest, std::vector<int> quarters, std::size_t bins);

  /// Adds cells to the present sweep; NaN and weightless cells do not count. @param units integer weights, or empty: one each
  void count(std::span<const double> values, std::span<const std::int64_t> units);
  /// Ends a sweep. True if another one is needed.
  bool refine();
  [[nodiscard]] bool done() const { return intervals_.empty(); }

  /// The quantile of index i in `quarters`; 0 if no cell had weight. Its lower value is always a value of the column.
  [[nodiscard]] Quantile quantile(std::size_t i) const;

 private:
  struct Bin {
    UInt128 weight = 0;
    std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;  // patterns seen
  };
  /// Patterns [low, high] that hold a target; `below` is the weight of all values under it.
  struct Interval {
    std::uint64_t low = 0, high = 0;
    double low_value = 0.0, high_value = 0.0;
    int shift = 0;
    UInt128 below = 0;
    std::vector<Bin> bins;
  };
  struct Target {
    int quarter = 2;
    bool beyond = false;  // the least value whose cumulated weight exceeds (true) or reaches (false) the quarter
    std::size_t interval = 0;
    bool found = false;
    std::uint64_t pattern = 0;
  };
  [[nodiscard]] Interval make_interval(std::uint64_t low, std::uint64_t high, UInt128 below) const;
  void locate(Target& target, std::vector<Interval>& next) const;

  std::size_t bin_count_;
  std::vector<Interval> intervals_;
  std::vector<Target> targets_;  // two per quantile
  UInt128 total_ = 0;
  bool total_known_ = false;
};

}  // namespace tessera
