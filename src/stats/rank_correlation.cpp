// SPDX-License-Identifier: Apache-2.0
#include "stats/rank_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "stats/distributions.hpp"

namespace tessera::stats {
namespace {

bool has_nan(std::span<const double> values) {
  return std::ranges::any_of(values, [](double x) { return std::isnan(x); });
}

/// Interval on Fisher's scale with another variance than Pearson's correlation has.
Interval fisher_interval(double r, double variance, double confidence) {
  if (!(variance > 0.0) || !std::isfinite(variance)) return {};
  const double reach = normal_reach(confidence) * std::sqrt(variance);
  return {std::tanh(std::atanh(r) - reach), std::tanh(std::atanh(r) + reach)};
}

/// Runs of equal elements, as Kendall's variance wants them.
struct Ties {
  double pairs = 0.0;       ///< sum of t (t - 1) / 2
  double triples = 0.0;     ///< sum of t (t - 1)(t - 2)
  double adjustment = 0.0;  ///< sum of t (t - 1)(2 t + 5)
};

template <typename Equal>
Ties ties_of(std::size_t n, Equal equal) {
  Ties ties;
  for (std::size_t first = 0, end = 0; first < n; first = end) {
    while (end < n && equal(first, end)) ++end;
    const auto t = static_cast<double>(end - first);
    ties.pairs += t * (t - 1.0) / 2.0;
    ties.triples += t * (t - 1.0) * (t - 2.0);
    ties.adjustment += t * (t - 1.0) * (2.0 * t + 5.0);
  }
  return ties;
}

/// Sorts and returns how many pairs were out of order.
std::int64_t count_inversions(std::span<double> values, std::span<double> spare) {
  if (values.size() < 2) return 0;
  const std::size_t half = values.size() / 2;
  std::int64_t inversions =
      count_inversions(values.first(half), spare.first(half)) + count_inversions(values.subspan(half), spare.subspan(half));
  std::size_t left = 0;
  std::size_t right = half;
  for (double& next : spare) {
    const bool take_right = left == half || (right < values.size() && values[right] < values[left]);
    if (take_right && left < half) inversions += static_cast<std::int64_t>(half - left);
    next = values[take_right ? right++ : left++];
  }
  std::ranges::copy(spare, values.begin());
  return inversions;
}

}  // namespace

Correlation spearman(const CoMoments& of_ranks, double confidence) {
  Correlation result = pearson(of_ranks, confidence);
  result.interval = fisher_interval(result.r, (1.0 + result.r * result.r / 2.0) / (result.n - 3.0), confidence);
  return result;
}

Correlation kendall(std::span<const double> x, std::span<const double> y, double confidence) {
  if (has_nan(x) || has_nan(y)) return {};
  std::vector<std::pair<double, double>> points(x.size());
  std::ranges::transform(x, y, points.begin(), [](double a, double b) { return std::pair(a, b); });
  std::ranges::sort(points);
  std::vector<double> sorted(points.size()), spare(points.size());
  std::ranges::transform(points, sorted.begin(), [](const auto& point) { return point.second; });
  const Ties in_x = ties_of(points.size(), [&](auto i, auto j) { return points[i].first == points[j].first; });
  const Ties in_both = ties_of(points.size(), [&](auto i, auto j) { return points[i] == points[j]; });
  const auto discordant = static_cast<double>(count_inversions(sorted, spare));
  const Ties in_y = ties_of(sorted.size(), [&](auto i, auto j) { return sorted[i] == sorted[j]; });

  const auto n = static_cast<double>(points.size());
  const double ordered = n * (n - 1.0);
  const double all = ordered / 2.0;
  const double surplus = all - in_x.pairs - in_y.pairs + in_both.pairs - 2.0 * discordant;  // concordant - discordant
  if (!(all > in_x.pairs && all > in_y.pairs)) return {};
  Correlation result;
  result.r = std::clamp(surplus / (std::sqrt(all - in_x.pairs) * std::sqrt(all - in_y.pairs)), -1.0, 1.0);
  result.n = n;
  result.interval = fisher_interval(result.r, 0.437 / (n - 4.0), confidence);
  double variance =
      (ordered * (2.0 * n + 5.0) - in_x.adjustment - in_y.adjustment) / 18.0 + 2.0 * in_x.pairs * in_y.pairs / ordered;
  if (n > 2.0) variance += in_x.triples * in_y.triples / (9.0 * ordered * (n - 2.0));
  const double z = surplus / std::sqrt(variance);
  result.test = {z, kUndefined, normal_two_sided(z)};
  return result;
}

}  // namespace tessera::stats
