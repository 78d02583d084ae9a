// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "oracles.hpp"
#include "stats/cohens_d.hpp"
#include "stats/kaplan_meier.hpp"
#include "stats/log_rank.hpp"
#include "stats/restricted_mean.hpp"

namespace tessera::stats {
namespace {

std::vector<SurvivalTally> tally_of(const Numbers& times, const Numbers& events, double weight) {
  std::map<double, SurvivalTally> rows;
  for (std::size_t i = 0; i < times.size(); ++i) {
    SurvivalTally& row = rows[times[i]];
    row.time = times[i];
    (events[i] != 0.0 ? row.events : row.censored) += weight;
  }
  std::vector<SurvivalTally> tally;
  for (const auto& [time, row] : rows) tally.push_back(row);
  return tally;
}

nlohmann::json read_survival_cases() { return read_oracle("cases", "survival_oracles.json"); }

TEST(KaplanMeier, AgreesWithLifelines) {
  const auto oracle = read_oracle("survival");
  const Numbers times = oracle["time"], events = oracle["event"], at = oracle["at"], survival = oracle["survival"];
  const std::vector<Numbers> intervals = oracle["interval"];
  const auto curve = kaplan_meier(tally_of(times, events, 1.0), static_cast<double>(times.size()));
  ASSERT_EQ(curve.size(), at.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    EXPECT_EQ(curve[i].time, at[i]);
    EXPECT_NEAR(curve[i].survival, survival[i], 1e-12);
    if (i < intervals.size()) expect_interval(curve[i].interval, intervals[i], 1e-9);
  }
  EXPECT_EQ(curve.back().survival, 0.0);
  const SurvivalTime median = survival_time(curve, 0.5);
  EXPECT_EQ(median.value, oracle["median"].get<double>());
  expect_interval(median.interval, oracle["median_interval"]);
  const Numbers quartiles = oracle["quartiles"];
  EXPECT_EQ(survival_time(curve, 0.25).value, quartiles[0]);
  EXPECT_EQ(survival_time(curve, 0.75).value, quartiles[1]);
}

TEST(KaplanMeier, WithoutCensoringIsTheShareLeft) {
  const std::vector<SurvivalTally> tally = {{1, 2, 0}, {2, 1, 0}, {5, 1, 0}};
  const auto curve = kaplan_meier(tally, 4.0);
  EXPECT_EQ(curve[0].survival, 0.5);
  EXPECT_NEAR(curve[1].survival, 0.25, 1e-15);
  expect_close(curve[0].standard_error, std::sqrt(0.25 / 4.0), 1e-14);
  EXPECT_EQ(survival_time(curve, 0.5).value, 1.0);
}

TEST(KaplanMeier, EqualWeightsOfAnySizeAreNone) {
  const auto oracle = read_oracle("survival");
  const Numbers times = oracle["time"], events = oracle["event"];
  const auto plain = kaplan_meier(tally_of(times, events, 1.0), 20.0);
  const auto weighted = kaplan_meier(tally_of(times, events, 0.5), 5.0);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(weighted[i].survival, plain[i].survival);
    if (i + 1 == plain.size()) continue;
    EXPECT_NEAR(weighted[i].standard_error, plain[i].standard_error, 1e-14);
  }
}

TEST(KaplanMeier, Degenerate) {
  using Tally = std::vector<SurvivalTally>;
  for (const Tally& tally : {Tally{}, Tally{{1, 0, 0}}, Tally{{1, 0, 5}, {2, 0, 3}}, Tally{{1, kUndefined, 1}},
                             Tally{{kUndefined, 1, 1}}, Tally{{1, -1, 4}}}) {
    EXPECT_TRUE(kaplan_meier(tally, 8.0).empty());
  }
  EXPECT_TRUE(std::isnan(survival_time({}, 0.5).value));
  EXPECT_TRUE(std::isnan(survival_time({}, 0.5).interval.low));
  const auto mostly_censored = kaplan_meier(Tally{{1, 1, 0}, {2, 0, 9}}, 10.0);
  ASSERT_EQ(mostly_censored.size(), 1);
  EXPECT_TRUE(std::isnan(survival_time(mostly_censored, 0.5).value));
  const auto one = kaplan_meier(Tally{{3, 1, 0}}, 1.0);
  EXPECT_EQ(survival_time(one, 0.5).value, 3.0);
  EXPECT_TRUE(std::isnan(survival_time(one, 0.5).interval.high));
  EXPECT_TRUE(kaplan_meier(Tally{{3, 1, 0}}, 0.0).empty());
}

/// Groups of a recorded case, and all their rows.
struct RecordedGroups {
  std::vector<std::vector<SurvivalTally>> tallies;
  std::vector<double> rows;
  explicit RecordedGroups(const nlohmann::json& oracle, double weight = 1.0) {
    for (std::size_t g = 0; g < oracle["times"].size(); ++g) {
      const Numbers times = oracle["times"][g];
      tallies.push_back(tally_of(times, oracle["events"][g], weight));
      rows.push_back(static_cast<double>(times.size()));
    }
  }
};

TEST(LogRank, AgreesWithLifelines) {
  for (const nlohmann::json& oracle : read_survival_cases()) {
    const RecordedGroups groups(oracle);
    const std::vector<SurvivalTimes> all(groups.tallies.begin(), groups.tallies.end());
    double rows = 0.0;
    for (const double own : groups.rows) rows += own;
    const TestResult together = log_rank_test(all, rows);
    expect_close(together.statistic, oracle["together"][0]);
    EXPECT_EQ(together.degrees_of_freedom, oracle["together"][1].get<double>());
    expect_close(together.p, oracle["together"][2]);
    for (const Numbers pair : oracle["pairs"]) {
      const auto a = static_cast<std::size_t>(pair[0]), b = static_cast<std::size_t>(pair[1]);
      const TestResult test = log_rank_test(std::vector<SurvivalTimes>{all[a], all[b]}, groups.rows[a] + groups.rows[b]);
      expect_close(test.statistic, pair[2]);
      expect_close(test.p, pair[3]);
    }
    // Weights of any equal size are none, and groups without rows do not count.
    const RecordedGroups weighted(oracle, 3.0);
    std::vector<SurvivalTimes> more(weighted.tallies.begin(), weighted.tallies.end());
    more.emplace_back();
    const TestResult same = log_rank_test(more, 9.0 * rows);
    expect_close(same.statistic, together.statistic);
    EXPECT_EQ(same.degrees_of_freedom, together.degrees_of_freedom);
  }
}

TEST(LogRank, Degenerate) {
  using Tally = std::vector<SurvivalTally>;
  const Tally plain = {{1, 3, 0}, {2, 1, 4}}, censored = {{1, 0, 3}, {5, 0, 2}}, early = {{0.5, 0, 9}}, broken = {{1, -1, 2}};
  EXPECT_TRUE(std::isnan(log_rank_test({}, 1.0).p));
  EXPECT_TRUE(std::isnan(log_rank_test(std::vector<SurvivalTimes>{plain}, 8.0).p));
  EXPECT_TRUE(std::isnan(log_rank_test(std::vector<SurvivalTimes>{censored, censored}, 10.0).p));
  EXPECT_TRUE(std::isnan(log_rank_test(std::vector<SurvivalTimes>{plain, early}, 17.0).p));  // never at risk
  EXPECT_TRUE(std::isnan(log_rank_test(std::vector<SurvivalTimes>{plain, broken}, 9.0).p));
  EXPECT_NEAR(log_rank_test(std::vector<SurvivalTimes>{plain, plain}, 16.0).statistic, 0.0, 1e-20);
  EXPECT_FALSE(std::isnan(log_rank_test(std::vector<SurvivalTimes>{plain, censored}, 13.0).p));
}

TEST(RestrictedMean, AgreesWithLifelines) {
  for (const nlohmann::json& oracle : read_survival_cases()) {
    const RecordedGroups groups(oracle);
    for (std::size_t g = 0; g < groups.rows.size(); ++g) {
      const RestrictedMean mean = restricted_mean(groups.tallies[g], groups.rows[g], oracle["horizon"]);
      const Numbers expected = oracle["restricted"][g];
      expect_close(mean.value, expected[0]);
      expect_close(mean.variance, expected[1]);
      expect_close(mean.standard_error, expected[2]);
    }
  }
}

TEST(RestrictedMean, WithoutCensoringIsThatOfTheTimes) {
  const Numbers a = {1, 2, 2, 5, 7, 9, 12, 12}, b = {3, 4, 8, 8, 9, 30}, all(8, 1.0), some(6, 1.0);
  const double horizon = 10.0;
  const auto capped = [&](Numbers times) {
    for (double& time : times) time = std::min(time, horizon);
    return moments_of(times);
  };
  const RestrictedMean of_a = restricted_mean(tally_of(a, all, 1.0), 8.0, horizon);
  const RestrictedMean of_b = restricted_mean(tally_of(b, some, 1.0), 6.0, horizon);
  expect_close(of_a.value, capped(a).mean, 1e-14);
  expect_close(of_a.variance, capped(a).squares / 8.0, 1e-13);
  expect_close(of_a.standard_error, std::sqrt(capped(a).squares) / 8.0, 1e-13);
  // Cohen's d but for the degrees of freedom of the pooled deviation.
  const double d = cohens_d(capped(a), capped(b)).d;
  expect_close(compare_restricted_means(of_a, of_b).d, d * std::sqrt(14.0 / 12.0), 1e-13);
  EXPECT_TRUE(std::isnan(compare_restricted_means(of_a, {}).d));
  EXPECT_TRUE(std::isnan(restricted_mean({}, 0.0, horizon).value));
}

}  // namespace
}  // namespace tessera::stats
