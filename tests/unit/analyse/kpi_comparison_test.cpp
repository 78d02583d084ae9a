// SPDX-License-Identifier: Apache-2.0
// Every type of KPI is compared between segments: a test with its correction, a difference with its interval, an effect.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "stats/kruskal_wallis.hpp"
#include "stats/log_rank.hpp"
#include "stats/ratio_of_sums.hpp"
#include "stats/welch_test.hpp"
#include "support/analysis_run.hpp"
#include "support/memory_table.hpp"

namespace tessera {
namespace {

using testing::analyse_table;
using testing::AnalysisTrial;
using testing::MemoryTable;
using testing::named;

struct Subscribers {
  std::vector<std::string> plan, churn;
  std::vector<double> revenue, orders;
  std::vector<std::int32_t> tenure, recommend, rating, year;
  MemoryTable table;

  explicit Subscribers(int rows) {
    std::mt19937_64 random(21);
    std::uniform_real_distribution<double> uniform;
    std::exponential_distribution<double> wait(1.0);
    for (int i = 0; i < rows; ++i) {
      const int p = i % 3;
      plan.push_back(std::vector<std::string>{"monthly", "yearly", "free"}[static_cast<std::size_t>(p)]);
      orders.push_back(1.0 + std::floor(8.0 * uniform(random)));
      revenue.push_back(orders.back() * (20.0 + 6.0 * p + 10.0 * uniform(random)));
      const double life = 12.0 * (1 + p) * wait(random), seen = 60.0 * uniform(random);
      tenure.push_back(static_cast<std::int32_t>(std::ceil(std::min(life, seen))));
      churn.emplace_back(life <= seen ? "Yes" : "No");
      recommend.push_back(static_cast<std::int32_t>(std::min(10.0, std::floor((9.0 + p) * uniform(random) + p))));
      rating.push_back(static_cast<std::int32_t>(1.0 + std::floor((4.0 + 0.3 * p) * uniform(random))));
      year.push_back(2020 + (i / 3) % 4);
    }
    table.add("plan", plan).add("churn", churn).add("revenue", revenue).add("orders", orders).add("tenure", tenure);
    table.add("recommend", recommend).add("rating", rating).add("year", year);
  }

  [[nodiscard]] stats::CoMoments ratio_of(const std::string& group) const {
    std::vector<double> x, y;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (plan[i] != group) continue;
      x.push_back(orders[i]);
      y.push_back(revenue[i]);
    }
    return stats::co_moments_of(x, y);
  }
  [[nodiscard]] std::vector<stats::SurvivalTally> times_of(const std::string& group) const {
    std::map<double, stats::SurvivalTally> tallies;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (plan[i] != group) continue;
      stats::SurvivalTally& own = tallies[tenure[i]];
      own.time = tenure[i];
      (churn[i] == "Yes" ? own.events : own.censored) += 1.0;
    }
    std::vector<stats::SurvivalTally> times;
    for (const auto& [time, own] : tallies) times.push_back(own);
    return times;
  }
};

AnalysisTrial trial_of() {
  AnalysisTrial trial{"plan"};
  trial.prepare.kpis = {"revenue:mean",  "orders:sum",  "revenue/orders",           "churn=Yes",
                        "recommend:nps", "rating:csat", "tenure:duration@churn=Yes"};
  return trial;
}

TEST(KpiComparison, NoTypeIsWithoutATestAndAnEffect) {
  const Subscribers subscribers(1500);
  auto table = subscribers.table;
  const Analysis analysis = analyse_table(table, trial_of());
  ASSERT_EQ(analysis.kpis.size(), 7U);
  const auto expect_test = [](const TestResult& test, bool has_df) {
    EXPECT_FALSE(test.name.empty());
    EXPECT_FALSE(std::isnan(test.statistic));
    EXPECT_EQ(!std::isnan(test.df1), has_df);
    EXPECT_GE(test.p, 0.0);
    EXPECT_GE(test.p_adjusted, test.p);
    EXPECT_FALSE(test.family.empty());
  };
  const auto expect_effect = [](const EffectSize& effect) {
    EXPECT_FALSE(effect.measure.empty());
    EXPECT_LE(effect.interval.low, effect.value);
    EXPECT_GE(effect.interval.high, effect.value);
  };
  for (const KpiResult& kpi : analysis.kpis) {
    SCOPED_TRACE(kpi.name + ": " + kpi.formula);
    const bool normal = kpi.type == KpiType::rate || kpi.type == KpiType::csat || kpi.type == KpiType::nps;
    expect_test(kpi.test, true);
    if (kpi.type != KpiType::duration) expect_effect(kpi.effect);
    EXPECT_GT(kpi.effect.value, 0.0);
    for (const KpiSegment& own : kpi.segments) {
      expect_test(own.test, !normal);
      expect_effect(own.effect);
    }
    ASSERT_EQ(kpi.pairs.size(), 3U);
    for (const KpiPair& pair : kpi.pairs) {
      expect_test(pair.test, !normal);
      expect_effect(pair.effect);
      EXPECT_LE(pair.interval.low, pair.difference);
      EXPECT_GE(pair.interval.high, pair.difference);
    }
  }
}

TEST(KpiComparison, RatiosAreComparedAsTheRowsAre) {
  Subscribers subscribers(900);
  const Analysis analysis = analyse_table(subscribers.table, trial_of());
  const KpiResult& kpi = named(analysis.kpis, "revenue/orders");
  for (const KpiPair& pair : kpi.pairs) {
    const auto moments = [&](int segment) {
      return stats::ratio_moments(subscribers.ratio_of(analysis.segments[static_cast<std::size_t>(segment)].label));
    };
    const stats::MeanDifference expected = stats::welch_test(moments(pair.segment), moments(pair.other));
    EXPECT_NEAR(pair.difference, expected.difference, 1e-10);
    EXPECT_NEAR(pair.test.statistic, expected.test.statistic, 1e-8 * std::fabs(expected.test.statistic));
    EXPECT_NEAR(pair.interval.low, expected.interval.low, 1e-9);
  }
}

TEST(KpiComparison, DurationsByTheLogRankTestOfTheRows) {
  Subscribers subscribers(900);
  const Analysis analysis = analyse_table(subscribers.table, trial_of());
  const KpiResult& kpi = named(analysis.kpis, "tenure");
  std::vector<std::vector<stats::SurvivalTally>> times;
  for (const AnalysisSegment& segment : analysis.segments) times.push_back(subscribers.times_of(segment.label));
  const stats::TestResult all = stats::log_rank_test(std::vector<stats::SurvivalTimes>(times.begin(), times.end()), 900.0);
  EXPECT_NEAR(kpi.test.statistic, all.statistic, 1e-9 * all.statistic);
  EXPECT_EQ(kpi.test.df1, 2.0);
  for (const KpiPair& pair : kpi.pairs) {
    const std::vector<stats::SurvivalTimes> both = {times[static_cast<std::size_t>(pair.segment)],
                                                    times[static_cast<std::size_t>(pair.other)]};
    const stats::TestResult expected = stats::log_rank_test(both, 600.0);
    EXPECT_NEAR(pair.test.statistic, expected.statistic, 1e-9 * expected.statistic);
  }
  // Who stays longer has the larger effect, whether or not half have left.
  const auto segment = [&](const char* label) { return static_cast<std::size_t>(named(analysis.segments, label).segment); };
  EXPECT_GT(kpi.segments[segment("free")].effect.value, 0.2);
  EXPECT_LT(kpi.segments[segment("monthly")].effect.value, -0.2);
}

TEST(Profile, NumbersAreComparedByRanksToo) {
  Subscribers subscribers(900);
  AnalysisTrial trial = trial_of();
  const Analysis analysis = analyse_table(subscribers.table, trial);
  const ColumnAnalysis& recommend = named(analysis.columns, "recommend");
  Matrix<double> counts(11, 3);
  for (std::size_t i = 0; i < subscribers.plan.size(); ++i) {
    counts(subscribers.recommend[i], named(analysis.segments, subscribers.plan[i]).segment) += 1.0;
  }
  const stats::RankTest expected = stats::kruskal_wallis(counts.view());
  EXPECT_NEAR(recommend.rank_test.statistic, expected.test.statistic, 1e-9);
  EXPECT_EQ(recommend.rank_test.df1, 2.0);
  EXPECT_NEAR(recommend.rank_effect.value, expected.epsilon_squared, 1e-12);
  EXPECT_GE(recommend.rank_test.p_adjusted, recommend.rank_test.p);
}

TEST(KpiComparison, RatiosFollowThePeriods) {
  Subscribers subscribers(1200);
  AnalysisTrial trial = trial_of();
  trial.options.period = "year";
  const Analysis analysis = analyse_table(subscribers.table, trial);
  const KpiTrend& all = named(analysis.kpis, "revenue/orders").trends.front();
  ASSERT_EQ(all.values.size(), 4U);
  for (std::size_t p = 0; p < 4; ++p) {
    double above = 0.0, below = 0.0;
    for (std::size_t i = 0; i < subscribers.year.size(); ++i) {
      if (subscribers.year[i] != 2020 + static_cast<int>(p)) continue;
      above += subscribers.revenue[i];
      below += subscribers.orders[i];
    }
    EXPECT_NEAR(all.values[p], above / below, 1e-10 * above / below);
  }
  EXPECT_FALSE(all.test.name.empty());
  EXPECT_LE(all.interval.low, all.slope);
}

}  // namespace
}  // namespace tessera
