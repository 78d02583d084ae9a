// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <chrono>
#include <cmath>
#include <numeric>

#include "exact/philox.hpp"
#include "oracles.hpp"
#include "stats/correlation_repair.hpp"
#include "stats/jackknife.hpp"
#include "stats/lmg_shares.hpp"
#include "stats/relative_weights.hpp"
#include "stats/standardized_regression.hpp"

namespace tessera::stats {
namespace {

/// Correlations of the predictors, and of each with the outcome, which is the last variable.
struct Model {
  Matrix<double> predictors;
  Numbers outcome;
};

Model model_of(const Matrix<double>& correlations) {
  const std::int64_t d = correlations.rows() - 1;
  Model model = {Matrix<double>(d, d), {}};
  for (std::int64_t i = 0; i < d; ++i) {
    for (std::int64_t j = 0; j < d; ++j) model.predictors(i, j) = correlations(i, j);
    model.outcome.push_back(correlations(i, d));
  }
  return model;
}

/// Correlations of made data: d correlated predictors and an outcome.
Model made_model(std::int64_t d, std::int64_t n = 500) {
  Matrix<double> rows(n, d + 1);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto uniform = [&](std::int64_t j) {
      return exact::random_uniform(3, exact::Purpose::generate, static_cast<std::uint64_t>(i), static_cast<std::uint32_t>(j));
    };
    rows(i, d) = uniform(d + 1);
    for (std::int64_t j = 0; j < d; ++j) {
      rows(i, j) = uniform(j) + 0.5 * uniform(d) + (j > 0 ? 0.7 * rows(i, j - 1) : 0.0);
      rows(i, d) += rows(i, j) / (1.0 + static_cast<double>(j));
    }
  }
  Numbers mean(static_cast<std::size_t>(d) + 1);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += rows(i, static_cast<std::int64_t>(j)) / static_cast<double>(n);
  }
  Matrix<double> correlations(d + 1, d + 1);
  const auto covariance = [&](std::int64_t a, std::int64_t b) {
    double sum = 0.0;
    for (std::int64_t i = 0; i < n; ++i)
      sum += (rows(i, a) - mean[static_cast<std::size_t>(a)]) * (rows(i, b) - mean[static_cast<std::size_t>(b)]);
    return sum;
  };
  for (std::int64_t a = 0; a <= d; ++a) {
    for (std::int64_t b = 0; b <= d; ++b)
      correlations(a, b) = covariance(a, b) / std::sqrt(covariance(a, a) * covariance(b, b));
  }
  return model_of(correlations);
}

double sum_of(const Numbers& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// R-squared of one subset by Gaussian elimination from scratch.
double subset_r_squared(const Model& model, unsigned subset) {
  std::vector<std::int64_t> in;
  for (std::int64_t j = 0; j < model.predictors.rows(); ++j) {
    if (subset >> j & 1U) in.push_back(j);
  }
  const std::size_t m = in.size();
  std::vector<Numbers> system(m, Numbers(m + 1));
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) system[i][j] = model.predictors(in[i], in[j]);
    system[i][m] = model.outcome[static_cast<std::size_t>(in[i])];
  }
  for (std::size_t k = 0; k < m; ++k) {
    for (std::size_t i = 0; i < m; ++i) {
      if (i == k) continue;
      const double factor = system[i][k] / system[k][k];
      for (std::size_t j = k; j <= m; ++j) system[i][j] -= factor * system[k][j];
    }
  }
  double r_squared = 0.0;
  for (std::size_t i = 0; i < m; ++i) r_squared += system[i][m] / system[i][i] * model.outcome[static_cast<std::size_t>(in[i])];
  return r_squared;
}

TEST(Drivers, AgreeWithStatsmodelsAndPingouin) {
  const auto oracle = read_oracle("drivers");
  const Model model = model_of(matrix_of(oracle["matrix"]));
  const StandardizedRegression fit = standardized_regression(model.predictors.view(), model.outcome, oracle["n"]);
  const Numbers coefficients = oracle["coefficients"], errors = oracle["standard_errors"], weights = oracle["weights"];
  const Importance lmg = lmg_shares(model.predictors.view(), model.outcome);
  const Importance johnson = relative_weights(model.predictors.view(), model.outcome);
  expect_close(fit.r_squared, oracle["r_squared"]);
  expect_close(lmg.r_squared, oracle["r_squared"]);
  expect_close(johnson.r_squared, oracle["r_squared"]);
  EXPECT_EQ(fit.rank, 5);
  for (std::size_t j = 0; j < 5; ++j) {
    EXPECT_NEAR(fit.coefficients[j], coefficients[j], 1e-10);
    EXPECT_NEAR(fit.standard_errors[j], errors[j], 1e-10);
    EXPECT_NEAR(lmg.shares[j], oracle["shares"][j].get<double>(), 1e-12);
    EXPECT_NEAR(lmg.shares[j], oracle["pingouin_shares"][j].get<double>(), 1e-10);
    EXPECT_NEAR(johnson.shares[j], weights[j], 1e-10);
  }
}

TEST(LmgShares, AreTheMeanGainOverAllSubsets) {
  const std::int64_t d = 9;
  const Model model = made_model(d);
  Numbers r_squared(std::size_t{1} << d);
  for (unsigned subset = 0; subset < r_squared.size(); ++subset) r_squared[subset] = subset_r_squared(model, subset);
  const Importance lmg = lmg_shares(model.predictors.view(), model.outcome);
  for (unsigned j = 0; j < d; ++j) {
    double share = 0.0;
    for (unsigned subset = 0; subset < r_squared.size(); ++subset) {
      if (subset >> j & 1U) continue;
      const double orders =
          std::tgamma(std::popcount(subset) + 1.0) * std::tgamma(static_cast<double>(d) - std::popcount(subset));
      share += orders / std::tgamma(static_cast<double>(d) + 1.0) * (r_squared[subset | 1U << j] - r_squared[subset]);
    }
    EXPECT_NEAR(lmg.shares[j], share, 1e-12);
  }
  EXPECT_NEAR(sum_of(lmg.shares), lmg.r_squared, 1e-12);
}

TEST(LmgShares, OfABatchAreThoseOfEachAlone) {
  std::vector<Model> models;
  for (std::int64_t n = 30; n < 41; ++n) models.push_back(made_model(6, n));
  models[4].outcome[2] = kUndefined;
  models[7].predictors(1, 2) = models[7].predictors(2, 1) = 1.0;  // determined
  std::vector<ImportanceProblem> problems;
  for (const Model& model : models) problems.push_back({model.predictors.view(), model.outcome});
  const std::vector<Importance> batch = lmg_batch(problems);
  ASSERT_EQ(batch.size(), models.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Importance alone = lmg_shares(models[i].predictors.view(), models[i].outcome);
    if (i == 4) {
      EXPECT_TRUE(std::isnan(batch[i].r_squared) && std::isnan(batch[i].shares[0]));
      continue;
    }
    EXPECT_EQ(batch[i].r_squared, alone.r_squared);
    EXPECT_EQ(batch[i].shares, alone.shares);
    EXPECT_NEAR(sum_of(alone.shares), alone.r_squared, 1e-12);
  }
  EXPECT_TRUE(lmg_batch({}).empty());
}

TEST(LmgShares, OfTwentyPredictorsSumToRSquaredInAboutASecond) {
  const Model model = made_model(20);
  const auto start = std::chrono::steady_clock::now();
  const Importance lmg = lmg_shares(model.predictors.view(), model.outcome);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  EXPECT_LT(time.count(), 5.0);  // a tenth of a second, unless built with sanitizers
  EXPECT_NEAR(sum_of(lmg.shares), lmg.r_squared, 1e-10);
  EXPECT_NEAR(lmg.r_squared, standardized_regression(model.predictors.view(), model.outcome, 500.0).r_squared, 1e-10);
  EXPECT_NEAR(sum_of(relative_weights(model.predictors.view(), model.outcome).shares), lmg.r_squared, 1e-10);
  EXPECT_TRUE(std::isnan(lmg_shares(made_model(21, 50).predictors.view(), Numbers(21)).r_squared));
}

TEST(LmgShares, DoNotDependOnTheOrderOfPredictors) {
  const Model model = made_model(6);
  Model turned = model;
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t j = 0; j < 6; ++j) turned.predictors(i, j) = model.predictors(5 - i, 5 - j);
    turned.outcome[static_cast<std::size_t>(i)] = model.outcome[static_cast<std::size_t>(5 - i)];
  }
  for (const auto function : {&lmg_shares, &relative_weights}) {
    const Numbers shares = function(model.predictors.view(), model.outcome).shares;
    const Numbers other = function(turned.predictors.view(), turned.outcome).shares;
    for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(shares[j], other[5 - j], 1e-13);
  }
}

TEST(LmgShares, EqualPredictorsShareEqually) {
  const Matrix<double> predictors = matrix_of({{1, 1, .2}, {1, 1, .2}, {.2, .2, 1}});
  const Numbers outcome = {.6, .6, .3};
  const Importance lmg = lmg_shares(predictors.view(), outcome);
  const Importance johnson = relative_weights(predictors.view(), outcome);
  const StandardizedRegression fit = standardized_regression(predictors.view(), outcome, 100.0);
  const double r_squared = (0.36 + 0.09 - 2 * 0.2 * 0.6 * 0.3) / 0.96;
  EXPECT_NEAR(lmg.r_squared, r_squared, 1e-12);
  EXPECT_NEAR(johnson.r_squared, r_squared, 1e-12);
  EXPECT_NEAR(fit.r_squared, r_squared, 1e-12);
  EXPECT_NEAR(lmg.shares[0], lmg.shares[1], 1e-13);
  EXPECT_NEAR(johnson.shares[0], johnson.shares[1], 1e-13);
  EXPECT_NEAR(fit.coefficients[0], fit.coefficients[1], 1e-13);
  EXPECT_EQ(fit.rank, 2);
  EXPECT_TRUE(std::isnan(fit.standard_errors[0]));
}

TEST(RelativeWeights, OfTwoPredictorsAreTheLmgShares) {
  const Matrix<double> predictors = matrix_of({{1, .6}, {.6, 1}});
  const Numbers outcome = {.7, .5};
  const Importance lmg = lmg_shares(predictors.view(), outcome), johnson = relative_weights(predictors.view(), outcome);
  EXPECT_NEAR(lmg.shares[0], johnson.shares[0], 1e-13);
  EXPECT_NEAR(lmg.shares[1], johnson.shares[1], 1e-13);
}

TEST(Drivers, Degenerate) {
  const Matrix<double> broken = matrix_of({{1, kUndefined}, {kUndefined, 1}}), one = matrix_of({{1}});
  EXPECT_TRUE(std::isnan(lmg_shares(broken.view(), Numbers{.1, .2}).shares[1]));
  EXPECT_TRUE(std::isnan(relative_weights(broken.view(), Numbers{.1, .2}).shares[1]));
  EXPECT_TRUE(std::isnan(standardized_regression(broken.view(), Numbers{.1, .2}, 9.0).coefficients[0]));
  EXPECT_TRUE(std::isnan(lmg_shares(one.view(), Numbers{kUndefined}).r_squared));
  EXPECT_TRUE(lmg_shares({}, {}).shares.empty());
  EXPECT_TRUE(relative_weights({}, {}).shares.empty());
  EXPECT_TRUE(standardized_regression({}, {}, 9.0).coefficients.empty());
  EXPECT_NEAR(lmg_shares(one.view(), Numbers{-.5}).shares[0], 0.25, 1e-15);
  EXPECT_TRUE(std::isnan(standardized_regression(one.view(), Numbers{.5}, 2.0).standard_errors[0]));
}

TEST(RepairedCorrelation, LeavesAloneWhatIsPossible) {
  const Matrix<double> possible = made_model(6).predictors;
  const RepairedCorrelation result = repaired_correlation(possible);
  EXPECT_FALSE(result.repaired);
  EXPECT_EQ(result.matrix, possible);
  EXPECT_FALSE(repaired_correlation(matrix_of({{1, 1}, {1, 1}})).repaired);
  EXPECT_TRUE(repaired_correlation({}).matrix.rows() == 0);
}

TEST(RepairedCorrelation, MakesTheImpossiblePossible) {
  const RepairedCorrelation result = repaired_correlation(matrix_of({{1, .9, -.9}, {.9, 1, .9}, {-.9, .9, 1}}));
  EXPECT_TRUE(result.repaired);
  EXPECT_GT(result.largest_change, 0.1);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(result.matrix(i, i), 1.0);
    for (std::int64_t j = 0; j < 3; ++j) {
      EXPECT_EQ(result.matrix(i, j), result.matrix(j, i));
      EXPECT_LE(std::abs(result.matrix(i, j)), 1.0);
    }
  }
  EXPECT_FALSE(repaired_correlation(result.matrix).repaired);
  const Model model = model_of(result.matrix);
  EXPECT_LE(lmg_shares(model.predictors.view(), model.outcome).r_squared, 1.0 + 1e-9);
}

TEST(RepairedCorrelation, IsTheNearestPossibleMatrix) {
  for (const auto& example : read_oracle("examples", "nearest_correlations.json")) {
    const Matrix<double> given = matrix_of(example["matrix"]), nearest = matrix_of(example["nearest"]);
    const RepairedCorrelation result = repaired_correlation(given);
    double squares = 0.0;
    for (std::int64_t i = 0; i < given.rows(); ++i) {
      for (std::int64_t j = 0; j < given.rows(); ++j) {
        EXPECT_NEAR(result.matrix(i, j), nearest(i, j), 1e-8);
        squares += std::pow(nearest(i, j) - given(i, j), 2);
      }
    }
    EXPECT_NEAR(result.distance, std::sqrt(squares), 1e-8);
    EXPECT_FALSE(repaired_correlation(result.matrix).repaired);
  }
}

TEST(RepairedCorrelation, UndefinedElementsBecomeZero) {
  const RepairedCorrelation result =
      repaired_correlation(matrix_of({{1, kUndefined, .5}, {kUndefined, kUndefined, kUndefined}, {.5, kUndefined, 1}}));
  EXPECT_TRUE(result.repaired);
  EXPECT_EQ(result.matrix, matrix_of({{1, 0, .5}, {0, 1, 0}, {.5, 0, 1}}));
}

TEST(Jackknife, OfAMeanIsItsStandardError) {
  const Numbers x = {1.0, 4.0, 2.0, 8.0, 5.0};
  Numbers without;
  for (const double value : x) without.push_back((20.0 - value) / 4.0);
  const JackknifeResult result = jackknife(4.0, without);
  expect_close(result.standard_error, std::sqrt(30.0 / 4.0 / 5.0), 1e-14);
  expect_close(result.interval.high - 4.0, 2.7764451051977987 * result.standard_error, 1e-9);
  EXPECT_TRUE(std::isnan(jackknife(4.0, Numbers{4.0}).standard_error));
  EXPECT_TRUE(std::isnan(jackknife(4.0, Numbers{4.0, kUndefined, 3.0}).interval.low));
  EXPECT_TRUE(std::isnan(jackknife(4.0, {}).standard_error));
}

}  // namespace
}  // namespace tessera::stats
