// SPDX-License-Identifier: Apache-2.0
#include "analyse/kpi.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analyse/kpi_comparison.hpp"
#include "analyse/kpi_value.hpp"
#include "analyse/results.hpp"
#include "stats/cochran_armitage.hpp"
#include "stats/lorenz.hpp"
#include "stats/period_slope.hpp"

namespace tessera {
namespace {

bool is_share(KpiType type) { return type == KpiType::rate || type == KpiType::csat; }

class KpiReport {
 public:
  KpiReport(const AnalysisPlan& plan, const AnalysisStatistics& statistics, std::size_t kpi)
      : plan_(plan),
        statistics_(statistics),
        kpi_(kpi),
        planned_(plan.kpis[kpi]),
        groups_(kpi_groups(plan, statistics, kpi)),
        all_(merged(groups_)) {}

  KpiResult run(std::span<const ColumnProfile> profiles) {
    result_.name = planned_.spec.name;
    result_.column = profiles[static_cast<std::size_t>(planned_.spec.column)].name;
    result_.type = planned_.spec.type;
    result_.level = planned_.spec.level;
    result_.formula = planned_.spec.formula;
    result_.reason = planned_.spec.reason;
    result_.used_in_fit = planned_.used_in_fit;
    result_.overall = describe(all_, -1, statistics_.weight());
    for (std::size_t s = 0; s < groups_.size(); ++s) {
      result_.segments.push_back(describe(groups_[s], static_cast<int>(s), statistics_.segment_weight[s]));
    }
    share_out();
    rank();
    concentrate();
    compare();
    add_survival();
    if (plan_.period_code >= 0) follow_periods();
    return std::move(result_);
  }

 private:
  KpiSegment describe(const KpiGroup& group, int segment, double weight) const {
    KpiSegment own;
    own.segment = segment;
    own.n = group.n();
    own.coverage = weight > 0.0 ? group.weight() / weight : 0.0;
    own.value = group.value();
    own.interval = group.interval();
    own.total = group.total();
    own.share_of_customers = weight / statistics_.weight();
    if (group.type == KpiType::nps && group.moments.weight > 0.0) {
      const stats::NetPromoterAnswers answers = group.answers();
      own.promoters = answers.promoters / group.moments.weight;
      own.detractors = answers.detractors / group.moments.weight;
    }
    return own;
  }

  void share_out() {
    const double total = result_.overall.total;
    const bool shares =
        total > 0.0 && (planned_.amount || is_share(planned_.spec.type) || planned_.spec.type == KpiType::ratio);
    const bool index = planned_.spec.type != KpiType::nps && result_.overall.value > 0.0;
    const auto fill = [&](KpiSegment& own) {
      if (shares) {
        own.share_of_total = own.total / total;
        own.disproportion = own.share_of_customers > 0.0 ? own.share_of_total / own.share_of_customers : kNoValue;
      }
      // An index of totals would only repeat how many customers there are.
      const double value = planned_.spec.type == KpiType::sum ? own.disproportion : own.value / result_.overall.value;
      if (index && value >= 0.0) own.index = 100.0 * value;
    };
    fill(result_.overall);
    for (KpiSegment& own : result_.segments) fill(own);
  }

  void rank() {
    std::vector<std::size_t> order(groups_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return result_.segments[a].value > result_.segments[b].value; });
    int rank = 0;
    for (const std::size_t s : order) {
      KpiSegment& own = result_.segments[s];
      if (own.n >= plan_.min_cell && !std::isnan(own.value)) own.rank = ++rank;
    }
  }

  void concentrate() {
    const auto series = static_cast<std::size_t>(planned_.series);
    const KpiType type = planned_.spec.type;
    if (series >= statistics_.bins.size() || (type != KpiType::mean && type != KpiType::sum)) return;
    constexpr auto kBins = static_cast<std::size_t>(BinScale::kBins);
    const BinValues values(statistics_.scales[series], plan_.series[series].integral);
    std::vector<double> all(kBins);
    const auto fill = [&](std::span<const double> bins, KpiSegment& own, std::vector<double>* curve) {
      own.median = quantile_of(bins, values, 0.5);
      if (!planned_.amount) return;
      std::vector<stats::ValueTally> tally;
      for (std::size_t bin = 0; bin < kBins; ++bin) {
        if (bins[bin] > 0.0) tally.push_back({std::max(0.0, values.value(static_cast<int>(bin))), bins[bin]});
      }
      const stats::LorenzCurve lorenz(tally);
      own.gini = lorenz.gini();
      own.top_fifth_share = lorenz.top_share(0.2);
      for (int i = 1; curve != nullptr && i <= 20 && !std::isnan(own.gini); ++i) {
        curve->push_back(lorenz.bottom_share(static_cast<double>(i) / 20.0));
      }
    };
    for (std::size_t s = 0; s < groups_.size(); ++s) {
      const auto own = std::span(statistics_.bins[series]).subspan(s * kBins, kBins);
      for (std::size_t bin = 0; bin < kBins; ++bin) all[bin] += own[bin];
      fill(own, result_.segments[s], nullptr);
    }
    fill(all, result_.overall, &result_.lorenz);
  }

  void compare() {
    const bool may_test = !planned_.used_in_fit;
    std::vector<TestResult*> rest_tests, pair_tests;
    for (std::size_t s = 0; s < groups_.size(); ++s) {
      KpiComparison comparison = compare_kpi(groups_[s], merged(groups_, static_cast<std::int64_t>(s)), may_test);
      result_.segments[s].effect = std::move(comparison.effect);
      result_.segments[s].test = std::move(comparison.test);
    }
    for (std::size_t s = 0; s < groups_.size(); ++s) {
      for (std::size_t other = s + 1; other < groups_.size(); ++other) {
        KpiComparison comparison = compare_kpi(groups_[s], groups_[other], may_test);
        result_.pairs.push_back({static_cast<int>(s), static_cast<int>(other), comparison.difference, comparison.interval,
                                 std::move(comparison.effect), std::move(comparison.test)});
      }
    }
    for (KpiSegment& own : result_.segments) rest_tests.push_back(&own.test);
    for (KpiPair& pair : result_.pairs) pair_tests.push_back(&pair.test);
    adjust(rest_tests, "all segments of this KPI");
    adjust(pair_tests, "all pairs of segments of this KPI");
    KpiSpread spread = spread_of_kpi(groups_, may_test);
    result_.effect = std::move(spread.effect);
    result_.test = std::move(spread.test);
  }

  void add_survival() {
    if (planned_.spec.type != KpiType::duration) return;
    const auto add = [&](const KpiGroup& group) {
      // Enough points for a picture.
      constexpr std::size_t kMostPoints = 200;
      std::vector<SurvivalPoint> points = {{0.0, 1.0}};
      const std::size_t step = std::max<std::size_t>(1, group.survival.size() / kMostPoints);
      for (std::size_t i = 0; i < group.survival.size(); ++i) {
        if (i % step == 0 || i + 1 == group.survival.size())
          points.push_back({group.survival[i].time, group.survival[i].survival});
      }
      result_.survival.push_back(std::move(points));
    };
    add(all_);
    for (const KpiGroup& group : groups_) add(group);
  }

  void follow_periods() {
    if (planned_.spec.type == KpiType::duration) return;
    const auto periods = std::ssize(plan_.periods);
    std::vector<TestResult*> tests;
    for (std::int64_t s = -1; s < plan_.segments; ++s) {
      KpiTrend trend;
      trend.segment = static_cast<int>(s);
      std::vector<stats::PeriodValue> values;
      std::vector<double> scores, hits, totals;
      for (std::int64_t p = 0; p < periods; ++p) {
        std::vector<KpiGroup> parts;
        for (std::int64_t part = 0; part < plan_.segments; ++part) {
          if (s < 0 || part == s) parts.push_back(period_group(plan_, statistics_, kpi_, p, part));
        }
        const KpiGroup group = merged(parts);
        const bool shown = group.n() >= plan_.min_cell;
        trend.n.push_back(shown ? group.n() : 0);
        trend.values.push_back(shown ? group.value() : kNoValue);
        if (!shown) continue;
        const bool total = planned_.spec.type == KpiType::sum;
        values.push_back(
            {static_cast<double>(p), group.value(), group.moments.standard_error() * (total ? group.moments.weight : 1.0)});
        scores.push_back(static_cast<double>(p));
        hits.push_back(group.moments.effective_n() * group.moments.mean);
        totals.push_back(group.moments.effective_n());
      }
      const stats::Slope slope = stats::period_slope(values);
      trend.slope = slope.value;
      trend.interval = to_interval(slope.interval);
      trend.test = is_share(planned_.spec.type)
                       ? to_test("Cochran-Armitage test", stats::cochran_armitage(scores, hits, totals))
                       : to_test("z test of the slope", slope.test);
      result_.trends.push_back(std::move(trend));
    }
    for (KpiTrend& trend : result_.trends) tests.push_back(&trend.test);
    adjust(tests, "all customers and segments of this KPI");
  }

  const AnalysisPlan& plan_;
  const AnalysisStatistics& statistics_;
  std::size_t kpi_;
  const PlannedKpi& planned_;
  std::vector<KpiGroup> groups_;
  KpiGroup all_;
  KpiResult result_;
};

}  // namespace

std::vector<KpiResult> compare_kpis(const AnalysisPlan& plan, const AnalysisStatistics& statistics,
                                    std::span<const ColumnProfile> profiles) {
  std::vector<KpiResult> results;
  std::vector<TestResult*> tests;
  for (std::size_t kpi = 0; kpi < plan.kpis.size(); ++kpi) results.push_back(KpiReport(plan, statistics, kpi).run(profiles));
  for (KpiResult& result : results) tests.push_back(&result.test);
  adjust(tests, "all KPIs");
  return results;
}

}  // namespace tessera
