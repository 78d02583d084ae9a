// SPDX-License-Identifier: Apache-2.0
#include "analyse/crosstab.hpp"
#include "analyse/results.hpp"
#include "analyse/share_slope.hpp"

namespace tessera {
namespace {

/// A table of periods x levels.
struct PeriodTable {
  const std::vector<double>& weight;
  const std::vector<std::int64_t>& rows;
  std::size_t levels;
};

ShareTrend follow(const AnalysisPlan& plan, const AnalysisStatistics& statistics, const PeriodTable& table, std::size_t level) {
  ShareTrend trend;
  std::vector<PeriodShare> known;
  for (std::size_t p = 0; p < plan.periods.size(); ++p) {
    double weight = 0.0;
    std::int64_t rows = 0;
    for (std::size_t l = 0; l < table.levels; ++l) {
      weight += table.weight[p * table.levels + l];
      rows += table.rows[p * table.levels + l];
    }
    const std::int64_t own_rows = table.rows[p * table.levels + level];
    const bool shown = rows >= plan.min_cell && (own_rows == 0 || own_rows >= plan.min_cell);
    const double share = weight > 0.0 ? table.weight[p * table.levels + level] / weight : kNoValue;
    trend.n.push_back(rows >= plan.min_cell ? rows : 0);
    trend.shares.push_back(shown ? share : kNoValue);
    if (shown) known.push_back({static_cast<std::int64_t>(p), share, weight * statistics.effective_share()});
  }
  ShareSlope slope = share_slope(known);
  trend.slope = slope.slope;
  trend.interval = slope.interval;
  trend.test = std::move(slope.test);
  return trend;
}

}  // namespace

std::vector<ShareTrend> follow_shares(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                      std::span<const ColumnProfile> profiles, const std::vector<std::string>& segment_names) {
  std::vector<ShareTrend> trends;
  if (plan.period_code < 0) return trends;
  const auto segments = static_cast<std::size_t>(plan.segments);
  for (std::size_t s = 0; s < segments; ++s) {
    ShareTrend trend = follow(plan, statistics, {statistics.period_weight, statistics.period_rows, segments}, s);
    trend.column = "segment";
    trend.level = segment_names[s];
    trends.push_back(std::move(trend));
  }
  for (std::size_t c = 0; c < plan.categories.size(); ++c) {
    const PlannedCategory& category = plan.categories[c];
    if (category.code == plan.period_code) continue;
    for (std::size_t l = 0; l < category.labels.size(); ++l) {
      const PeriodTable table{statistics.category_period_weight[c], statistics.category_period_rows[c], category.labels.size()};
      ShareTrend trend = follow(plan, statistics, table, l);
      trend.column = profiles[static_cast<std::size_t>(category.profile)].name;
      trend.level = category.labels[l];
      trends.push_back(std::move(trend));
    }
  }
  std::vector<TestResult*> tests;
  for (ShareTrend& trend : trends) tests.push_back(&trend.test);
  adjust(tests, "all shares followed over the periods");
  return trends;
}

}  // namespace tessera
