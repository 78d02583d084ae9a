// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stats/analysis_of_variance.hpp"
#include "stats/moments.hpp"
#include "stats/result.hpp"
#include "tessera/analysis.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

/// From what size on a difference is worth a sentence, its interval included. Cohen (1988): "small".
inline constexpr double kNotableD = 0.2, kNotableH = 0.2, kNotableV = 0.1, kNotableEta = 0.01;

[[nodiscard]] Interval to_interval(const stats::Interval& interval);
[[nodiscard]] TestResult to_test(std::string name, const stats::TestResult& test);
/// `least` is the size from which, with the interval beyond it, the effect is notable. Without an interval the value alone
/// decides.
[[nodiscard]] EffectSize to_effect(std::string measure, double value, const stats::Interval& interval, double least);

/// Cohen's d of two groups.
[[nodiscard]] EffectSize mean_effect(const stats::Moments& group, const stats::Moments& rest);

/// Eta squared: the share of the variance that lies between groups.
[[nodiscard]] EffectSize eta_effect(std::span<const stats::Moments> groups);

/// Adjusts the tests that were made (name set), Benjamini-Hochberg over all of them.
void adjust(std::span<TestResult* const> tests, const std::string& family);

/// All groups but one.
[[nodiscard]] stats::Moments all_but(std::span<const stats::Moments> groups, std::size_t left_out);

/// What bins stand for: the values that may lie in one.
class BinValues {
 public:
  /// @param integral  the series holds whole numbers
  BinValues(const BinScale& scale, bool integral) : scale_(scale), integral_(integral) {}
  /// The value that a bin stands for: its whole number if there is only one, else its middle.
  [[nodiscard]] double value(int bin) const;
  /// Where within a bin a share of its values is reached, linear; whole numbers where the series has them.
  [[nodiscard]] double value(int bin, double share) const;

 private:
  BinScale scale_;
  bool integral_;
};

/// The least value whose cumulated weight reaches `share`; half-way to the next if it reaches it exactly.
/// @param bins  [kBins] weights
[[nodiscard]] double quantile_of(std::span<const double> bins, const BinValues& values, double share);

/// Largest error of such a quantile, as a share of its distance from the scale's centre.
inline constexpr double kQuantileError = 1.0 / BinScale::kBinsPerDoubling;

}  // namespace tessera
