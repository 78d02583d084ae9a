// SPDX-License-Identifier: Apache-2.0
#include "fit/mixture.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "backend/registry.hpp"
#include "comm/thread_ranks.hpp"
#include "fit/kmeans.hpp"
#include "stats/adjusted_rand.hpp"
#include "support/awkward_cases.hpp"
#include "support/mixture_fit.hpp"
#include "support/mixture_oracle.hpp"
#include "support/prepared_points.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::expect_near;
using testing::expect_never_falls;
using testing::expect_same_bits;
using testing::fit;
using testing::Points;

/// Long, flat groups that cross: their means are close, their shapes are not.
Points crossed_groups(std::int64_t n, double offset = 0.0) {
  testing::AwkwardRandom random(11);
  Points points{Matrix<float>(n, 2), {}, {}};
  for (std::int64_t i = 0; i < n; ++i) {
    const bool steep = random.uniform() < 0.4;
    const double along = 3.0 * random.bell(), across = 0.4 * random.bell();
    const double x = steep ? across + 1.0 : along, y = steep ? along : across - 1.0;
    points.rows(i, 0) = static_cast<float>(offset + std::round(16.0 * x) / 16.0);
    points.rows(i, 1) = static_cast<float>(offset + std::round(16.0 * y) / 16.0);
    points.truth.push_back(steep ? 1 : 0);
  }
  return points;
}

/// Wanted components in the order of their weights and means, as a fit publishes them.
std::vector<std::int64_t> canonical(const Mixture& mixture) {
  std::vector<std::int64_t> order;
  for (std::int64_t c = 0; c < mixture.components(); ++c) order.push_back(c);
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    return mixture.weights[static_cast<std::size_t>(a)] > mixture.weights[static_cast<std::size_t>(b)];
  });
  return order;
}

void expect_oracle(const testing::MixtureOracle& oracle) {
  SCOPED_TRACE(oracle.name + " " + std::string(to_string(oracle.start.covariance)));
  MixtureOptions options;
  options.covariance = oracle.start.covariance;
  options.max_iterations = oracle.iterations;
  options.tolerance = 0.0;
  options.least_variance = 1e-12;
  options.start = oracle.start;
  std::vector<std::int32_t> labels;
  const MixtureResult result = fit({oracle.rows, {}, {}}, options, {}, &labels);
  EXPECT_EQ(result.iterations, oracle.iterations);
  EXPECT_NEAR(result.fit.log_likelihood / result.fit.weight, oracle.log_likelihood, 1e-6 * std::abs(oracle.log_likelihood));
  EXPECT_NEAR(result.fit.bic(), oracle.bic, 1e-6 * std::abs(oracle.bic));
  EXPECT_NEAR(result.fit.aic(), oracle.aic, 1e-6 * std::abs(oracle.aic));
  const std::int64_t k = oracle.end.components(), d = oracle.end.features();
  const std::vector<std::int64_t> order = canonical(oracle.end);
  Mixture wanted = oracle.end;
  const std::int64_t height = oracle.end.covariance == Covariance::tied ? 0 : oracle.end.covariances.rows() / k;
  for (std::int64_t c = 0; c < k; ++c) {
    const std::int64_t from = order[static_cast<std::size_t>(c)];
    EXPECT_NEAR(result.mixture.weights[static_cast<std::size_t>(c)], oracle.end.weights[static_cast<std::size_t>(from)], 1e-4);
    for (std::int64_t j = 0; j < d; ++j) wanted.means(c, j) = oracle.end.means(from, j);
    for (std::int64_t i = 0; i < height; ++i) {
      std::ranges::copy(oracle.end.covariances.row(from * height + i), wanted.covariances.row(c * height + i).begin());
    }
  }
  expect_near(result.mixture.means, wanted.means, 1e-4);
  expect_near(result.mixture.covariances, wanted.covariances, 1e-4);
  for (std::size_t i = 0; i < oracle.labels.size(); ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(labels[i])], oracle.labels[i] - '0') << "row " << i;
  }
}

// scikit-learn's GaussianMixture from the same start (tests/data/make_mixture_oracles.py).
TEST(MixtureOracle, SameStartSameMixtureAsScikitLearn) {
  const auto oracles = testing::read_mixture_oracles(TESSERA_TEST_DATA "/mixture_oracles.txt", {});
  ASSERT_EQ(oracles.size(), 12U);
  for (const auto& oracle : oracles) expect_oracle(oracle);
}

TEST(MixtureOracle, SameOnRealSets) {
  const auto folder = testing::data_folder() / "clustering_truth";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const auto oracles = testing::read_mixture_oracles(TESSERA_TEST_DATA "/mixture_real_oracles.txt", folder);
  ASSERT_EQ(oracles.size(), 24U);
  for (const auto& oracle : oracles) expect_oracle(oracle);
}

class FitMixture : public ::testing::TestWithParam<Covariance> {
 protected:
  [[nodiscard]] static MixtureOptions options(int k) {
    MixtureOptions options;
    options.segments = k;
    options.covariance = GetParam();
    options.restarts = 3;
    options.seed = 5;
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Covariances, FitMixture,
                         ::testing::Values(Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(FitMixture, TheLogLikelihoodNeverFalls) {
  MixtureOptions own = options(5);
  own.tolerance = 0.0;
  own.max_iterations = 200;
  const MixtureResult result = fit(crossed_groups(1500), own);
  expect_never_falls(result);
  EXPECT_GE(result.fit.log_likelihood / result.fit.weight, result.history.back() - 1e-12);
}

TEST_P(FitMixture, SameBitsForThreadsChunksAndLevels) {
  MixtureOptions own = options(3);
  own.max_iterations = 8;
  expect_same_bits(crossed_groups(20000), own);
}

TEST_P(FitMixture, SeveralRanksAgreeToRounding) {
  const Points points = crossed_groups(20000);
  MixtureOptions own = options(3);
  own.max_iterations = 5;
  const MixtureResult wanted = fit(points, own);
  for (const int ranks : {2, 3}) {
    run_ranks(ranks, [&](Communicator& comm) {
      testing::QuietJob job;
      const JobContext context = job.context();
      const auto backend = open_backend({.device = "cpu"}, context);
      const auto feeder = make_matrix_feeder(points.rows.view(), {}, {}, 0, context, comm);
      const MixtureResult result = fit_mixture(*feeder, *backend, comm, own, context);
      expect_near(result.mixture.means, wanted.mixture.means, 1e-10);
      expect_near(result.mixture.covariances, wanted.mixture.covariances, 1e-10);
      EXPECT_EQ(result.rows, wanted.rows);
    });
  }
}

TEST_P(FitMixture, WeightTwoIsTheRowTwice) {
  Points weighted = crossed_groups(400);
  const Points twice = testing::twice_for_weight_two(weighted);
  MixtureOptions own = options(3);
  own.start = fit(weighted, own).mixture;  // samples are of rows, so searched starts may differ
  std::vector<std::int32_t> labels, labels_twice;
  const MixtureResult a = fit(weighted, own, {}, &labels), b = fit(twice, own, {}, &labels_twice);
  expect_near(a.mixture.means, b.mixture.means, 1e-10);
  expect_near(a.mixture.covariances, b.mixture.covariances, 1e-10);
  EXPECT_NEAR(a.fit.log_likelihood, b.fit.log_likelihood, 1e-10 * std::abs(b.fit.log_likelihood));
  EXPECT_NEAR(a.fit.bic(), b.fit.bic(), 1e-10 * std::abs(b.fit.bic()));
  for (std::size_t i = 0, at = 0; i < labels.size(); at += i % 3 == 0 ? 2 : 1, ++i) EXPECT_EQ(labels[i], labels_twice[at]);
}

TEST_P(FitMixture, AnOffsetOfAMillionChangesNothing) {
  std::vector<std::int32_t> near_labels, far_labels;
  const MixtureResult near = fit(crossed_groups(800), options(2), {}, &near_labels);
  const MixtureResult far = fit(crossed_groups(800, 1e6), options(2), {}, &far_labels);
  EXPECT_EQ(near_labels, far_labels);
  EXPECT_EQ(near.iterations, far.iterations);
  EXPECT_NEAR(near.fit.log_likelihood, far.fit.log_likelihood, 1e-6 * std::abs(near.fit.log_likelihood));
  expect_near(far.mixture.covariances, near.mixture.covariances, 1e-6);
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(far.mixture.means.data()[i], near.mixture.means.data()[i] + 1e6, 1e-6);
}

TEST_P(FitMixture, FewerDistinctRowsThanComponentsAreNamed) {
  Points points{Matrix<float>(90, 2), {}, {}};
  for (std::int64_t i = 0; i < 90; ++i) {
    points.rows(i, 0) = static_cast<float>(i % 3);
    points.rows(i, 1) = static_cast<float>(i % 3 * (i % 3));
  }
  const MixtureResult result = fit(points, options(5));
  EXPECT_LE(result.mixture.components(), 3);
  EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("instead of 5")));
  EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("least variance")));
  MixtureOptions strict = options(5);
  strict.strict_segments = true;
  EXPECT_THROW(fit(points, strict), DataError);
}

TEST_P(FitMixture, ColumnsThatFollowFromOthersOrNeverChangeAreHeldApart) {
  const Points two = crossed_groups(300);
  Points points{Matrix<float>(300, 4), {}, {}};
  for (std::int64_t i = 0; i < 300; ++i) {
    points.rows(i, 0) = two.rows(i, 0);
    points.rows(i, 1) = two.rows(i, 1);
    points.rows(i, 2) = two.rows(i, 0);  // again
    points.rows(i, 3) = 7.0F;
  }
  const MixtureResult result = fit(points, options(2));
  EXPECT_EQ(result.mixture.components(), 2);
  EXPECT_TRUE(std::isfinite(result.fit.log_likelihood));
  const bool has_pairs = GetParam() == Covariance::full || GetParam() == Covariance::tied;
  if (has_pairs) {
    EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("least variance")));
  }
}

TEST_P(FitMixture, OneRow) {
  const MixtureResult result = fit({Matrix<float>(1, 3, 2.5F), {}, {}}, options(2));
  EXPECT_EQ(result.mixture.components(), 1);
  EXPECT_EQ(result.rows, std::vector<std::int64_t>{1});
  EXPECT_EQ(result.mixture.means(0, 0), 2.5);
}

TEST(FitMixtureErrors, NoWeightNoRows) {
  const Points points{Matrix<float>(5, 2, 1.0F), std::vector<float>(5, 0.0F), {}};
  EXPECT_THROW(fit(points, {.segments = 2}), DataError);
}

TEST(FitMixtureErrors, OptionsOutOfRange) {
  const Points points = crossed_groups(50);
  EXPECT_THROW(fit(points, {.segments = 0}), ConfigError);
  EXPECT_THROW(fit(points, {.segments = 2, .tolerance = -1.0}), ConfigError);
  EXPECT_THROW(fit(points, {.segments = 2, .least_variance = 0.0}), ConfigError);
  EXPECT_THROW(fit({Matrix<float>(3, 8192, 1.0F), {}, {}}, {.segments = 2}), ConfigError);
}

TEST(FitMixtureQuality, OverlappingGaussiansAreRecoveredBetterThanByKMeans) {
  const Points points = crossed_groups(4000);
  std::vector<std::int32_t> labels;
  const MixtureResult result = fit(points, {.segments = 2}, {}, &labels);
  EXPECT_EQ(result.mixture.components(), 2);

  testing::QuietJob job;
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  Matrix<double> values(4000, 2);
  for (std::int64_t i = 0; i < 8000; ++i) values.data()[i] = points.rows.data()[i];
  const testing::PreparedPoints prepared = testing::prepare_points(values);
  const auto feeder = make_matrix_feeder(prepared.rows.view(), {}, {}, 0, context);
  SoloCommunicator comm;
  const KMeansResult nearest = fit_kmeans(*feeder, *backend, comm, prepared.plan, {.segments = 2}, context);
  std::vector<std::int32_t> nearest_labels;
  for (std::int64_t i = 0; i < 4000; ++i) {
    double distance2[2] = {};
    for (std::int64_t c = 0; c < 2; ++c) {
      for (std::int64_t j = 0; j < 2; ++j)
        distance2[c] += std::pow(double{prepared.rows(i, j)} - double{nearest.centroids(c, j)}, 2);
    }
    nearest_labels.push_back(distance2[0] <= distance2[1] ? 0 : 1);
  }
  const double mixture_agreement = stats::adjusted_rand_index(points.truth, labels);
  EXPECT_GT(mixture_agreement, 0.7);
  EXPECT_GT(mixture_agreement, stats::adjusted_rand_index(points.truth, nearest_labels) + 0.2);
}

}  // namespace
}  // namespace tessera
