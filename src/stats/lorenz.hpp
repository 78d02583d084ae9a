// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "stats/result.hpp"

namespace tessera::stats {

/// Customers with one value (or in one bin of a histogram, with their mean value).
struct ValueTally {
  double value = 0.0;
  double weight = 0.0;
};

/// How unevenly a total is spread over customers.
class LorenzCurve {
 public:
  /// Lorenz (1905). Values inside a bin count as equal, so that inequality is understated by what lies within bins.
  /// @param tally  in ascending order of value; a negative or undefined value or weight, or a total of 0, makes all undefined
  explicit LorenzCurve(std::span<const ValueTally> tally);

  /// Share of the total that the poorest `share` of the customers have, in [0, 1], linear between points.
  [[nodiscard]] double bottom_share(double share) const;
  /// Share of the total that the richest `share` of the customers bring: "the top 20 % bring x %".
  [[nodiscard]] double top_share(double share) const;
  /// 0 if all have the same, towards 1 if one has all: twice the area between the curve and the diagonal. Gini (1914).
  [[nodiscard]] double gini() const { return gini_; }
  /// Points of the curve, from (0, 0) to (1, 1); none if undefined.
  [[nodiscard]] std::span<const double> customers() const { return customers_; }
  [[nodiscard]] std::span<const double> totals() const { return totals_; }

 private:
  std::vector<double> customers_;
  std::vector<double> totals_;
  double gini_ = kUndefined;
};

}  // namespace tessera::stats
