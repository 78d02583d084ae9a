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

Correlation spearman_of(const Numbers& x, const Numbers& y) { return spearman(co_moments_of(mid_ranks(x), mid_ranks(y))); }

void expect_correlation(const Correlation& correlation, const Numbers& expected) {
  expect_close(correlation.r, expected[0]);
  expect_close(correlation.test.p, expected[1]);
}

TEST(Correlation, AgreesWithSciPy) {
  const Rows rows;
  const Correlation pearson_r = pearson(co_moments_of(rows.x, rows.y));
  expect_correlation(pearson_r, rows.oracle["pearson"]);
  expect_interval(pearson_r.interval, rows.oracle["pearson_interval"]);
  expect_correlation(spearman_of(rows.x, rows.y), rows.oracle["spearman"]);
  expect_interval(spearman_of(rows.x, rows.y).interval, rows.oracle["spearman_interval"]);
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

TEST(PartialCorrelations, AgreeWithPingouin) {
  const Rows rows;
  const Matrix<double> matrix = matrix_of(rows.oracle["matrix"]);
  Matrix<double> first(3, 3);
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) first(i, j) = matrix(i, j);
  }
  const PartialCorrelations partial = partial_correlations(first.view());
  EXPECT_EQ(partial.held, 1);
  expect_correlation(correlation_of(partial.r(0, 1), 40.0, 1.0), rows.oracle["partial"]);
}

/// By elimination of one variable after the other, from the definition.
double partial_by_recursion(const Matrix<double>& r, std::int64_t x, std::int64_t y, std::vector<std::int64_t> controls) {
  if (controls.empty()) return r(x, y);
  const std::int64_t z = controls.back();
  controls.pop_back();
  const double xy = partial_by_recursion(r, x, y, controls), xz = partial_by_recursion(r, x, z, controls),
               yz = partial_by_recursion(r, y, z, controls);
  return (xy - xz * yz) / std::sqrt((1.0 - xz * xz) * (1.0 - yz * yz));
}

TEST(PartialCorrelations, EqualTheRecursion) {
  const Matrix<double> matrix = matrix_of(
      {{1, .5, .3, -.2, .1}, {.5, 1, .4, .25, .3}, {.3, .4, 1, .1, -.3}, {-.2, .25, .1, 1, .2}, {.1, .3, -.3, .2, 1}});
  const PartialCorrelations partial = partial_correlations(matrix.view());
  EXPECT_EQ(partial.held, 3);
  for (std::int64_t x = 0; x < 5; ++x) {
    for (std::int64_t y = 0; y < 5; ++y) {
      std::vector<std::int64_t> controls;
      for (std::int64_t z = 0; z < 5; ++z) {
        if (z != x && z != y) controls.push_back(z);
      }
      EXPECT_NEAR(partial.r(x, y), x == y ? 1.0 : partial_by_recursion(matrix, x, y, controls), 1e-13);
    }
  }
}

TEST(PartialCorrelations, RepeatedControlsChangeNothingAndDeterminedVariablesHaveNone) {
  const Matrix<double> twice = matrix_of({{1, .5, .3, .3}, {.5, 1, .4, .4}, {.3, .4, 1, 1}, {.3, .4, 1, 1}});
  const Matrix<double> once = matrix_of({{1, .5, .3}, {.5, 1, .4}, {.3, .4, 1}});
  const PartialCorrelations partial = partial_correlations(twice.view());
  EXPECT_EQ(partial.held, 1);
  EXPECT_NEAR(partial.r(0, 1), partial_correlations(once.view()).r(0, 1), 1e-15);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(std::isnan(partial.r(i, 2)));
    EXPECT_TRUE(std::isnan(partial.r(3, i)));
  }
  // The third is the sum of the first two; the fourth has nothing to do with that.
  const double half = std::sqrt(0.5);
  const Matrix<double> sum = matrix_of({{1, 0, half, .2, .1},
                                        {0, 1, half, .2, .3},
                                        {half, half, 1, .4 * half, .4 * half},
                                        {.2, .2, .4 * half, 1, .5},
                                        {.1, .3, .4 * half, .5, 1}});
  const PartialCorrelations of_sum = partial_correlations(sum.view());
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(of_sum.r(i, 3)));
  EXPECT_NEAR(of_sum.r(3, 4), partial_by_recursion(sum, 3, 4, {0, 1}), 1e-12);
  EXPECT_EQ(partial_correlations({}).r.rows(), 0);
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
    EXPECT_TRUE(std::isnan(spearman_of(x, y).r));
    EXPECT_TRUE(std::isnan(kendall(x, y).r));
  }
  EXPECT_TRUE(std::isnan(kendall(some, broken).r));
  EXPECT_NEAR(pearson(co_moments_of(two, two)).r, 1.0, 1e-15);
  EXPECT_TRUE(std::isnan(pearson(co_moments_of(two, two)).test.p));
  EXPECT_EQ(kendall(two, two).r, 1.0);
  const Numbers line = {1.0, 2.0, 3.0, 4.0, 5.0};
  EXPECT_NEAR(spearman_of(line, line).r, 1.0, 1e-15);
  EXPECT_LT(spearman_of(line, line).test.p, 1e-20);
  EXPECT_NEAR(spearman_of(line, line).interval.low, 1.0, 1e-12);
  EXPECT_EQ(correlation_of(1.0, 9.0).test.p, 0.0);
  EXPECT_EQ(correlation_of(-1.0, 9.0).interval.high, -1.0);
}

}  // namespace
}  // namespace tessera::stats
