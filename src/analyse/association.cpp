// SPDX-License-Identifier: Apache-2.0
#include "analyse/association.hpp"

#include <numeric>

#include "stats/correlation.hpp"

namespace tessera {

std::vector<CorrelationGroup> correlate(const AnalysisPlan& plan, const AnalysisStatistics& statistics) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(plan.segments));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  const auto columns = std::ssize(plan.correlated);
  std::vector<CorrelationGroup> groups;
  for (int segment = -1; segment < plan.segments; ++segment) {
    const auto own = segment < 0 ? std::span<const std::int64_t>(all)
                                 : std::span<const std::int64_t>(all).subspan(static_cast<std::size_t>(segment), 1);
    CorrelationGroup group;
    group.segment = segment;
    for (const std::int64_t s : own) {
      group.rows += statistics.segment_rows[static_cast<std::size_t>(s)];
      group.weight += statistics.segment_weight[static_cast<std::size_t>(s)];
    }
    group.r = Matrix<double>(columns, columns, kNoValue);
    group.n = Matrix<double>(columns, columns, 0.0);
    group.p = Matrix<double>(columns, columns, kNoValue);
    for (std::int64_t i = 0; i < columns; ++i) {
      for (std::int64_t j = i; j < columns; ++j) {
        const CorrelatedColumn& x = plan.correlated[static_cast<std::size_t>(i)];
        const CorrelatedColumn& y = plan.correlated[static_cast<std::size_t>(j)];
        const stats::CoMoments moments = statistics.pairs.total(own, x.series, y.series);
        if (moments.n < plan.min_cell) continue;
        const stats::Correlation correlation = stats::pearson(moments);
        group.n(i, j) = group.n(j, i) = static_cast<double>(moments.n);
        group.r(i, j) = group.r(j, i) = i == j && moments.xx > 0.0 ? 1.0 : correlation.r;
        // Segments cut the columns that they were made from, and with them how these hang together.
        const bool circular = segment >= 0 && x.used_in_fit && y.used_in_fit;
        if (i != j && !circular) group.p(i, j) = group.p(j, i) = correlation.test.p;
      }
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace tessera
