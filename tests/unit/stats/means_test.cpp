// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "oracles.hpp"
#include "stats/analysis_of_variance.hpp"
#include "stats/bimodality.hpp"
#include "stats/co_moments.hpp"
#include "stats/cohens_d.hpp"
#include "stats/kruskal_wallis.hpp"
#include "stats/mean_interval.hpp"
#include "stats/noncentral_f.hpp"
#include "stats/welch_test.hpp"

namespace tessera::stats {
namespace {

struct Groups {
  nlohmann::json oracle = read_oracle("groups");
  Numbers a = oracle["a"], b = oracle["b"], c = oracle["c"];
  std::vector<Moments> moments = {moments_of(a), moments_of(b), moments_of(c)};
};

/// The tally of values x groups that kruskal_wallis wants.
Matrix<double> tally_of(const std::vector<Numbers>& groups) {
  std::map<double, Numbers> rows;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const double value : groups[g]) rows.try_emplace(value, groups.size(), 0.0).first->second[g] += 1.0;
  }
  std::vector<Numbers> counts;
  for (const auto& [value, row] : rows) counts.push_back(row);
  return matrix_of(counts);
}

TEST(Moments, MergeLikeTheirRows) {
  const Groups groups;
  Numbers all = groups.a;
  all.insert(all.end(), groups.b.begin(), groups.b.end());
  const Moments together = moments_of(all);
  const Moments parts = merged(groups.moments[0], groups.moments[1]);
  EXPECT_EQ(parts.n, together.n);
  expect_close(parts.mean, together.mean, 1e-14);
  expect_close(parts.squares, together.squares, 1e-13);
  EXPECT_EQ(merged(Moments{}, groups.moments[0]).mean, groups.moments[0].mean);
  EXPECT_EQ(merged(groups.moments[0], Moments{}).squares, groups.moments[0].squares);
}

TEST(Moments, AreThoseOfTheDefinition) {
  const Numbers x = {1.0, 4.0, 9.0}, w = {2.0, 1.0, 0.5};
  const Moments moments = moments_of(x, w);
  const double mean = (2.0 * 1.0 + 4.0 + 0.5 * 9.0) / 3.5;
  expect_close(moments.mean, mean, 1e-15);
  expect_close(moments.squares, 2.0 * std::pow(1.0 - mean, 2) + std::pow(4.0 - mean, 2) + 0.5 * std::pow(9.0 - mean, 2), 1e-14);
  expect_close(moments.effective_n(), 3.5 * 3.5 / 5.25, 1e-15);
  const CoMoments both = co_moments_of(x, x, w);
  expect_close(both.mean_x, mean, 1e-15);
  expect_close(both.xy, moments.squares, 1e-14);
  expect_close(both.xx, moments.squares, 1e-14);
}

TEST(Moments, RowsWithoutValueOrWeightDoNotCount) {
  const Moments moments = moments_of(Numbers{1.0, kUndefined, 3.0, 5.0, 7.0}, Numbers{1.0, 1.0, 0.0, 1.0, -2.0});
  EXPECT_EQ(moments.n, 2);
  EXPECT_EQ(moments.mean, 3.0);
}

TEST(Moments, EqualWeightsOfAnySizeAreNone) {
  const Groups groups;
  const Numbers weights(groups.a.size(), 0.37);
  const Moments weighted = moments_of(groups.a, weights);
  expect_close(weighted.effective_n(), 12.0, 1e-14);
  expect_close(weighted.standard_error(), groups.moments[0].standard_error(), 1e-13);
}

TEST(Means, AgreeWithSciPyAndPingouin) {
  const Groups groups;
  const MeanDifference welch = welch_test(groups.moments[0], groups.moments[1]);
  const Numbers expected = groups.oracle["welch"];
  expect_close(welch.test.statistic, expected[0]);
  expect_close(welch.test.degrees_of_freedom, expected[1]);
  expect_close(welch.test.p, expected[2]);
  expect_interval(welch.interval, groups.oracle["welch_interval"]);
  expect_interval(mean_interval(groups.moments[0]), groups.oracle["mean_interval"]);
  const StandardizedDifference d = cohens_d(groups.moments[0], groups.moments[1]);
  expect_close(d.d, groups.oracle["d"]);
  expect_interval(d.interval, groups.oracle["d_interval"]);
}

TEST(AnalysisOfVariance, AgreesWithSciPyAndPingouin) {
  const Groups groups;
  const VarianceAnalysis f = f_test(groups.moments);
  const Numbers classical = groups.oracle["f"], welch = groups.oracle["welch_anova"];
  expect_close(f.f, classical[0]);
  EXPECT_EQ(f.between_df, classical[1]);
  expect_close(f.within_df, classical[2]);
  expect_close(f.p, classical[3]);
  const VarianceExplained explained = variance_explained(groups.moments);
  expect_close(explained.eta_squared, groups.oracle["eta_squared"]);
  expect_close(explained.omega_squared, groups.oracle["omega_squared"]);
  expect_close(correlation_ratio(groups.moments), std::sqrt(explained.eta_squared), 1e-15);
  const VarianceAnalysis w = welch_anova(groups.moments);
  expect_close(w.f, welch[0]);
  EXPECT_EQ(w.between_df, welch[1]);
  expect_close(w.within_df, welch[2]);
  expect_close(w.p, welch[3]);
}

TEST(AnalysisOfVariance, OfTwoGroupsIsTheSquareOfTheTTest) {
  const Groups groups;
  const std::vector<Moments> two(groups.moments.begin(), groups.moments.begin() + 2);
  const MeanDifference t = welch_test(two[0], two[1]);
  const VarianceAnalysis f = welch_anova(two);
  expect_close(f.f, t.test.statistic * t.test.statistic, 1e-12);
  expect_close(f.within_df, t.test.degrees_of_freedom, 1e-12);
  expect_close(f.p, t.test.p, 1e-10);
}

TEST(AnalysisOfVariance, GroupsWithoutRowsDoNotCount) {
  Groups groups;
  const VarianceAnalysis before = welch_anova(groups.moments);
  groups.moments.emplace(groups.moments.begin() + 1);
  EXPECT_EQ(welch_anova(groups.moments).f, before.f);
  EXPECT_EQ(f_test(groups.moments).between_df, 2.0);
}

TEST(KruskalWallis, AgreesWithSciPyUnderTies) {
  const Groups groups;
  const RankTest result = kruskal_wallis(tally_of({groups.a, groups.b, groups.c}).view());
  const Numbers expected = groups.oracle["kruskal"];
  expect_close(result.test.statistic, expected[0]);
  EXPECT_EQ(result.test.degrees_of_freedom, expected[1]);
  expect_close(result.test.p, expected[2]);
  expect_close(result.epsilon_squared, expected[0] / 35.0);
}

TEST(Means, UndefinedWhereTheDataDoNotSay) {
  const Moments none, one = moments_of(Numbers{3.0}), equal = moments_of(Numbers{2.0, 2.0, 2.0}),
                      some = moments_of(Numbers{1.0, 2.0, 4.0}), broken = moments_of(Numbers{1.0, INFINITY, 2.0});
  EXPECT_TRUE(std::isnan(mean_interval(none).low));
  EXPECT_TRUE(std::isnan(mean_interval(one).low));
  EXPECT_EQ(mean_interval(equal).low, 2.0);
  EXPECT_EQ(mean_interval(equal).high, 2.0);
  EXPECT_TRUE(std::isnan(mean_interval(broken).low));
  EXPECT_TRUE(std::isnan(welch_test(none, some).difference));
  EXPECT_TRUE(std::isnan(welch_test(one, some).test.p));
  EXPECT_TRUE(std::isnan(welch_test(equal, equal).test.p));
  EXPECT_EQ(welch_test(equal, equal).interval.high, 0.0);
  EXPECT_TRUE(std::isnan(welch_test(broken, some).test.p));
  EXPECT_TRUE(std::isnan(cohens_d(none, some).d));
  EXPECT_TRUE(std::isnan(cohens_d(one, one).d));
  EXPECT_TRUE(std::isnan(cohens_d(equal, equal).d));
  for (const std::vector<Moments>& groups :
       {std::vector<Moments>{}, {none, none}, {some}, {equal, equal}, {one, one}, {broken, some}}) {
    EXPECT_TRUE(std::isnan(welch_anova(groups).p));
    EXPECT_TRUE(std::isnan(f_test(groups).p));
    EXPECT_TRUE(std::isnan(variance_explained(groups).omega_squared));
  }
  EXPECT_EQ(f_test(std::vector<Moments>{equal, moments_of(Numbers{5.0, 5.0})}).p, 0.0);
  EXPECT_TRUE(std::isnan(welch_anova(std::vector<Moments>{some, one}).p));
}

TEST(KruskalWallis, UndefinedWhereTheDataDoNotSay) {
  for (const std::vector<Numbers>& counts :
       {std::vector<Numbers>{{3, 4}}, {{3, 0}, {2, 0}}, {{0, 0}, {0, 0}}, {{1, kUndefined}, {1, 1}}, {{1, -1}, {1, 1}}}) {
    EXPECT_TRUE(std::isnan(kruskal_wallis(matrix_of(counts).view()).test.p));
  }
}

TEST(AshmanD, IsTheDistanceInTheJointSpread) {
  expect_close(ashman_d(0.0, 3.0, 10.0, 4.0), std::sqrt(2.0) * 2.0, 1e-15);
  EXPECT_TRUE(std::isnan(ashman_d(1.0, 0.0, 2.0, 0.0)));
}

// Oracle: scipy.optimize.brentq(lambda x: scipy.stats.ncf.cdf(f, df1, df2, x) - p, 0, 1000), x / (x + df1 + df2 + 1).
TEST(VarianceExplained, HasTheIntervalOfTheNonCentralF) {
  const double cases[][5] = {{1.2, 2, 57, 0.0, 0.15363},
                             {4.0, 2, 97, 0.00089, 0.17998},
                             {10.0, 3, 196, 0.04856, 0.21259},
                             {30.0, 2, 97, 0.2263, 0.49584},
                             {5.0, 7, 9992, 0.00107, 0.00548}};
  for (const auto& [f, between, within, low, high] : cases) {
    const auto share = [&, a = between, b = within](double p) {
      const double centrality = f_noncentrality(f, a, b, p);
      return centrality / (centrality + a + b + 1.0);
    };
    EXPECT_NEAR(share(0.975), low, 6e-6);
    EXPECT_NEAR(share(0.025), high, 6e-6);
  }
  // Two groups of 50 a standard deviation of sqrt(2) apart: f = 50, eta squared 50 / 148.
  const Moments groups[] = {{50, 50.0, 50.0, 0.0, 49.0}, {50, 50.0, 50.0, std::sqrt(2.0), 49.0}};
  const VarianceExplained explained = variance_explained(groups);
  expect_close(explained.eta_squared, 50.0 / 148.0, 1e-12);
  const double centrality = f_noncentrality(50.0, 1.0, 98.0, 0.975);
  expect_close(explained.interval.low, centrality / (centrality + 100.0), 1e-9);
  EXPECT_GT(explained.interval.high, explained.eta_squared);
  // Where the approximation takes over.
  for (const double p : {0.025, 0.975}) {
    EXPECT_NEAR(f_noncentrality(3333.3, 3.0, 1e6, p) / f_noncentrality(3333.4, 3.0, 1e6, p), 1.0, 2e-4);
  }
  EXPECT_TRUE(std::isnan(f_noncentrality(kUndefined, 1.0, 1.0, 0.5)) && std::isnan(f_noncentrality(1.0, 0.0, 1.0, 0.5)));
  EXPECT_EQ(f_noncentrality(0.1, 2.0, 50.0, 0.975), 0.0);
}

}  // namespace
}  // namespace tessera::stats
