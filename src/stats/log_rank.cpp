// SPDX-License-Identifier: Apache-2.0
#include "stats/log_rank.hpp"

#include <algorithm>
#include <cmath>

#include "stats/distributions.hpp"
#include "stats/moments.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {
namespace {

/// A pivot below this share of what it was before the others were taken out is rounding: the events of all groups add up.
constexpr double kDetermined = 1e-9;

struct GroupTally {
  SurvivalTally tally;
  std::size_t group = 0;
};

/// x' V^-1 x with the generalized inverse of a covariance matrix, and its rank, by Gauss's elimination.
TestResult quadratic_form(Matrix<double> covariance, std::vector<double> x) {
  const auto k = std::ssize(x);
  std::vector<double> before(x.size());
  for (std::int64_t i = 0; i < k; ++i) before[static_cast<std::size_t>(i)] = covariance(i, i);
  TestResult result{0.0, 0.0, kUndefined};
  for (std::int64_t i = 0; i < k; ++i) {
    const auto own = static_cast<std::size_t>(i);
    const double pivot = covariance(i, i);
    if (!(pivot > kDetermined * before[own])) continue;
    for (std::int64_t j = i + 1; j < k; ++j) {
      const double slope = covariance(j, i) / pivot;
      for (std::int64_t c = i; c < k; ++c) covariance(j, c) -= slope * covariance(i, c);
      x[static_cast<std::size_t>(j)] -= slope * x[own];
    }
    result.statistic += x[own] * x[own] / pivot;
    result.degrees_of_freedom += 1.0;
  }
  return result;
}

}  // namespace

TestResult log_rank_test(std::span<const SurvivalTimes> groups, double weight_squares) {
  std::vector<GroupTally> all;
  double weight = 0.0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const SurvivalTally& tally : groups[g]) {
      if (!(tally.events >= 0.0 && tally.censored >= 0.0) || std::isnan(tally.time)) return {};
      all.push_back({tally, g});
      weight += tally.events + tally.censored;
    }
  }
  const double scale = effective_n(weight, weight_squares) / weight;
  if (!(scale > 0.0) || !std::isfinite(scale)) return {};
  std::ranges::stable_sort(all, [](const GroupTally& a, const GroupTally& b) { return a.tally.time > b.tally.time; });

  // From the last time back: whoever is seen at a time or later is at risk at it.
  const auto k = std::ssize(groups);
  std::vector<double> at_risk(groups.size()), beyond(groups.size());
  Matrix<double> covariance(k, k);
  double total = 0.0;
  for (std::size_t first = 0, last = 0; first < all.size(); first = last) {
    double events = 0.0;
    for (last = first; last < all.size() && all[last].tally.time == all[first].tally.time; ++last) {
      const GroupTally& own = all[last];
      const double rows = scale * (own.tally.events + own.tally.censored);
      at_risk[own.group] += rows;
      total += rows;
      events += scale * own.tally.events;
      beyond[own.group] += scale * own.tally.events;
    }
    if (events == 0.0) continue;
    const double spread = total > 1.0 ? events * std::max(0.0, total - events) / (total - 1.0) : 0.0;
    for (std::int64_t i = 0; i < k; ++i) {
      const double share = at_risk[static_cast<std::size_t>(i)] / total;
      beyond[static_cast<std::size_t>(i)] -= events * share;
      for (std::int64_t j = 0; j < k; ++j) {
        covariance(i, j) += spread * share * ((i == j ? 1.0 : 0.0) - at_risk[static_cast<std::size_t>(j)] / total);
      }
    }
  }
  TestResult result = quadratic_form(std::move(covariance), std::move(beyond));
  if (!(result.degrees_of_freedom > 0.0)) return {};
  result.p = chi_squared_upper(result.statistic, result.degrees_of_freedom);
  return result;
}

}  // namespace tessera::stats
