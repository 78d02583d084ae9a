// SPDX-License-Identifier: Apache-2.0
#include "stats/analysis_of_variance.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "stats/distributions.hpp"
#include "stats/noncentral_f.hpp"

namespace tessera::stats {
namespace {

std::vector<Moments> with_rows(std::span<const Moments> groups) {
  std::vector<Moments> kept;
  std::ranges::copy_if(groups, std::back_inserter(kept), [](const Moments& group) { return group.n > 0; });
  return kept;
}

/// Share of the sum of squares between the groups.
double eta_squared_of(std::span<const Moments> groups) {
  const Moments all = merged(groups);
  double within = 0.0;
  for (const Moments& group : groups) within += group.squares;
  return all.squares > 0.0 ? std::max(0.0, 1.0 - within / all.squares) : kUndefined;
}

}  // namespace

VarianceAnalysis f_test(std::span<const Moments> groups) {
  const std::vector<Moments> kept = with_rows(groups);
  const double between_df = static_cast<double>(kept.size()) - 1.0;
  const double within_df = merged(kept).effective_n() - static_cast<double>(kept.size());
  const double eta_squared = eta_squared_of(kept);
  if (!(between_df > 0.0 && within_df > 0.0) || std::isnan(eta_squared)) return {};
  const double f = (eta_squared / between_df) / ((1.0 - eta_squared) / within_df);
  return {f, between_df, within_df, f_upper(f, between_df, within_df)};
}

VarianceExplained variance_explained(std::span<const Moments> groups, double confidence) {
  const std::vector<Moments> kept = with_rows(groups);
  VarianceExplained result;
  result.eta_squared = eta_squared_of(kept);
  const double between_df = static_cast<double>(kept.size()) - 1.0;
  const double n = merged(kept).effective_n();
  const double within_df = n - between_df - 1.0;
  if (!(between_df > 0.0 && within_df > 0.0) || std::isnan(result.eta_squared)) return result;
  // (between - df * mean square within) / (total + mean square within), with a total of 1.
  const double mean_square = (1.0 - result.eta_squared) / within_df;
  result.omega_squared = std::max(0.0, (result.eta_squared - between_df * mean_square) / (1.0 + mean_square));
  const double f = (result.eta_squared / between_df) / mean_square;
  const auto share_at = [&](double p) {
    const double centrality = f_noncentrality(f, between_df, within_df, p);
    return centrality / (centrality + n);
  };
  const double tail = (1.0 - confidence) / 2.0;
  result.interval = {share_at(1.0 - tail), share_at(tail)};
  return result;
}

double correlation_ratio(std::span<const Moments> groups) { return std::sqrt(variance_explained(groups).eta_squared); }

VarianceAnalysis welch_anova(std::span<const Moments> groups) {
  const std::vector<Moments> kept = with_rows(groups);
  const auto k = static_cast<double>(kept.size());
  double precision = 0.0;
  double mean = 0.0;
  for (const Moments& group : kept) {
    const double own = group.effective_n() / group.variance();
    if (!std::isfinite(own)) return {};
    precision += own;
    mean += (own / precision) * (group.mean - mean);
  }
  if (!(k > 1.0)) return {};
  double between = 0.0;
  double unevenness = 0.0;
  for (const Moments& group : kept) {
    const double own = group.effective_n() / group.variance();
    const double rest = 1.0 - own / precision;
    between += own * (group.mean - mean) * (group.mean - mean) / (k - 1.0);
    unevenness += rest * rest / (group.effective_n() - 1.0);
  }
  const double f = between / (1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * unevenness);
  const double within_df = (k * k - 1.0) / (3.0 * unevenness);
  return {f, k - 1.0, within_df, f_upper(f, k - 1.0, within_df)};
}

}  // namespace tessera::stats
