// SPDX-License-Identifier: Apache-2.0
#include "stats/correlation.hpp"

#include <cmath>

#include "oracles.hpp"
#include "stats/partial_correlation.hpp"
#include "stats/rank_correlation.hpp"

namespace tessera::stats {
namespace {

struct Rows {
  nlohmann::json oracle = read_oracle("correlations");
  Numbers x = oracle["x"], y = oracle["y"], z = oracle["z"];
};

void expect_correlation(const Correlation& correlation, const Numbers& expected) {
  expect_close(correlation.r, expected[0]);
  expect_close(correlation.test.p, expected[1]);
}

TEST(Correlation, AgreesWithSciPy) {
  const Rows rows;
  const Correlation pearson_r = pearson(co_moments_of(rows.x, rows.y));
  expect_correlation(pearson_r, rows.oracle["pearson"]);
  expect_interval(pearson_r.interval, rows.oracle["pearson_interval"]);
  expect_correlation(spearman(rows.x, rows.y), rows.oracle["spearman"]);
  expect_interval(spearman(rows.x, rows.y).interval, rows.oracle["spearman_interval"]);
  expect_correlation(kendall(rows.x, rows.y), rows.oracle["kendall"]);
  expect_interval(kendall(rows.x, rows.y).interval, rows.oracle["kendall_interval"]);
}

TEST(Kendall, IsTheCountOfPairs) {
  const Rows rows;
  double surplus = 0.0, untied_x = 0.0, untied_y = 0.0;
  for (std::size_t i = 0; i < rows.x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double dx = rows.x[i] - rows.x[j], dy = rows.y[i] - rows.y[j];
      surplus += (dx * dy > 0.0) - (dx * dy < 0.0);
      untied_x += dx != 0.0;
      untied_y += dy != 0.0;
    }
  }
  expect_close(kendall(rows.x, rows.y).r, surplus / std::sqrt(untied_x * untied_y), 1e-13);
}

TEST(PartialCorrelation, AgreesWithPingouin) {
  const Rows rows;
  const Matrix<double> matrix = matrix_of(rows.oracle["matrix"]);
  const std::vector<std::int64_t> controls = {2};
  expect_correlation(partial_correlation(matrix.view(), 0, 1, controls, 40.0), rows.oracle["partial"]);
}

TEST(PartialCorrelation, RepeatedControlsChangeNothingAndDeterminedVariablesHaveNone) {
  const Matrix<double> matrix = matrix_of({{1, .5, .3, .3}, {.5, 1, .4, .4}, {.3, .4, 1, 1}, {.3, .4, 1, 1}});
  const std::vector<std::int64_t> once = {2}, twice = {2, 3};
  const Correlation single = partial_correlation(matrix.view(), 0, 1, once, 50.0);
  EXPECT_EQ(partial_correlation(matrix.view(), 0, 1, twice, 50.0).r, single.r);
  EXPECT_EQ(partial_correlation(matrix.view(), 0, 1, twice, 50.0).test.degrees_of_freedom, 47.0);
  EXPECT_TRUE(std::isnan(partial_correlation(matrix.view(), 0, 2, std::vector<std::int64_t>{3}, 50.0).r));
  EXPECT_EQ(partial_correlation(matrix.view(), 0, 1, {}, 50.0).r, 0.5);
}

TEST(CompareCorrelations, IsFishersZ) {
  const CorrelationDifference apart = compare_correlations(0.6, 103.0, 0.3, 53.0);
  const double q = std::log(1.6 / 0.4) / 2.0 - std::log(1.3 / 0.7) / 2.0;
  expect_close(apart.q, q, 1e-13);
  expect_close(apart.test.statistic, q / std::sqrt(0.01 + 0.02), 1e-13);
  EXPECT_LT(apart.test.p, 0.05);
  EXPECT_GT(apart.interval.low, 0.0);
  EXPECT_TRUE(std::isnan(compare_correlations(1.0, 10.0, 0.3, 53.0).test.p));
  EXPECT_TRUE(std::isnan(compare_correlations(0.5, 3.0, 0.3, 53.0).test.p));
  EXPECT_TRUE(std::isnan(compare_correlations(kUndefined, 30.0, 0.3, 53.0).test.p));
}

TEST(Correlation, DoesNotDependOnUnits) {
  Rows rows;
  const double r = pearson(co_moments_of(rows.x, rows.y)).r;
  for (double& x : rows.x) x = 1e150 * x;
  for (double& y : rows.y) y = 1e-150 * y;
  expect_close(pearson(co_moments_of(rows.x, rows.y)).r, r, 1e-12);
}

TEST(Correlation, Degenerate) {
  const Numbers none, one = {1.0}, two = {1.0, 2.0}, equal = {3.0, 3.0, 3.0}, some = {1.0, 5.0, 2.0},
                      broken = {1.0, kUndefined, 2.0};
  for (const auto& [x, y] : {std::pair(none, none), {one, one}, {equal, some}, {some, equal}}) {
    EXPECT_TRUE(std::isnan(pearson(co_moments_of(x, y)).r));
    EXPECT_TRUE(std::isnan(spearman(x, y).r));
    EXPECT_TRUE(std::isnan(kendall(x, y).r));
  }
  EXPECT_TRUE(std::isnan(spearman(broken, some).r));
  EXPECT_TRUE(std::isnan(kendall(some, broken).r));
  EXPECT_NEAR(pearson(co_moments_of(two, two)).r, 1.0, 1e-15);
  EXPECT_TRUE(std::isnan(pearson(co_moments_of(two, two)).test.p));
  EXPECT_EQ(kendall(two, two).r, 1.0);
  const Numbers line = {1.0, 2.0, 3.0, 4.0, 5.0};
  EXPECT_NEAR(spearman(line, line).r, 1.0, 1e-15);
  EXPECT_LT(spearman(line, line).test.p, 1e-20);
  EXPECT_NEAR(spearman(line, line).interval.low, 1.0, 1e-12);
  EXPECT_EQ(correlation_of(1.0, 9.0).test.p, 0.0);
  EXPECT_EQ(correlation_of(-1.0, 9.0).interval.high, -1.0);
}

}  // namespace
}  // namespace tessera::stats
