// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "oracles.hpp"
#include "stats/kaplan_meier.hpp"

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

}  // namespace
}  // namespace tessera::stats
