// SPDX-License-Identifier: Apache-2.0
// What a change of the customers must, and must not, change in the outcome.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "exact/distance.hpp"
#include "property/feed_customers.hpp"

namespace tessera {
namespace {

using testing::AwkwardRandom;
using testing::Customers;
using testing::Outcome;

constexpr int kSeeds = 6;

Matrix<float> first_rows(const Customers& customers, std::int64_t k) {
  Matrix<float> start(k, customers.points.rows.columns());
  for (std::int64_t c = 0; c < k; ++c) std::ranges::copy(customers.points.rows.row(c), start.row(c).begin());
  return start;
}

/// Customers `order[0], order[1], ...`.
Customers reordered(const Customers& customers, const std::vector<std::int64_t>& order) {
  Customers result = customers;
  result.points.rows = Matrix<float>(static_cast<std::int64_t>(order.size()), customers.points.rows.columns());
  result.points.weights.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::ranges::copy(customers.points.rows.row(order[i]), result.points.rows.row(static_cast<std::int64_t>(i)).begin());
    if (!customers.points.weights.empty()) {
      result.points.weights.push_back(customers.points.weights[static_cast<std::size_t>(order[i])]);
    }
  }
  return result;
}

std::vector<std::int64_t> shuffled(std::int64_t n, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  AwkwardRandom random(seed);
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(random.below(i + 1))]);
  }
  return order;
}

class SymmetryTest : public ::testing::TestWithParam<int> {
 protected:
  static std::uint64_t seed() { return static_cast<std::uint64_t>(GetParam()); }
  static std::int64_t d() { return 1 + GetParam() % 4; }
};

TEST_P(SymmetryTest, OrderOfRowsDoesNotMatterFromTheSameStart) {
  const Customers customers = {"", testing::prepare_points(testing::scatter(9000, d(), 6, seed())), {}};
  const KMeansOptions options = {.segments = 5, .initial_centroids = first_rows(customers, 5)};
  const std::vector<std::int64_t> order = shuffled(9000, seed());
  const Outcome plain = testing::run(customers, options);
  const Outcome other = testing::run(reordered(customers, order), options);
  EXPECT_TRUE(other.fit.centroids == plain.fit.centroids);
  EXPECT_EQ(testing::numbers_of(other.fit), testing::numbers_of(plain.fit));
  for (std::size_t i = 0; i < order.size(); ++i) {
    ASSERT_EQ(other.segment[i], plain.segment[static_cast<std::size_t>(order[i])]) << i;
    ASSERT_EQ(other.distance_bits[i], plain.distance_bits[static_cast<std::size_t>(order[i])]) << i;
  }
}

TEST_P(SymmetryTest, OrderOfRowsDoesNotMatterWhereSegmentsAreClear) {
  const Customers customers = {"", testing::prepare_points(testing::make_blobs(9000, d(), 4, seed())), {}};
  const KMeansOptions options = {.segments = 4, .seed = seed(), .restarts = 3};
  const std::vector<std::int64_t> order = shuffled(9000, seed() + 100);
  EXPECT_TRUE(testing::run(reordered(customers, order), options).fit.centroids ==
              testing::run(customers, options).fit.centroids);
}

TEST_P(SymmetryTest, WeightTwoIsTheRowTwice) {
  std::vector<float> weights;
  std::vector<std::int64_t> twice;
  for (std::int64_t i = 0; i < 6000; ++i) {
    weights.push_back(i % 3 == 0 ? 2.0F : 1.0F);
    twice.insert(twice.end(), i % 3 == 0 ? 2 : 1, i);
  }
  const Customers weighted = {"", testing::prepare_points(testing::scatter(6000, d(), 6, seed()), weights), {}};
  Customers doubled = reordered(weighted, twice);
  doubled.points.weights.clear();
  const KMeansOptions options = {.segments = 5, .initial_centroids = first_rows(weighted, 5)};
  const Outcome one = testing::run(weighted, options);
  const Outcome two = testing::run(doubled, options);
  EXPECT_TRUE(one.fit.centroids == two.fit.centroids);
  EXPECT_EQ(one.fit.weights, two.fit.weights);
  // Each w d^2 is rounded to the unit of the objective, 2 d^2 once and d^2 twice; the sum is rounded to a double.
  const double unit = std::ldexp(1.0, fit_units(weighted.points.plan).objective_exponent);
  EXPECT_NEAR(one.fit.inertia, two.fit.inertia, 8000.0 * unit + 0x1p-52 * one.fit.inertia);
  EXPECT_EQ(one.fit.iterations, two.fit.iterations);
  for (std::size_t i = 0; i < twice.size(); ++i) ASSERT_EQ(two.segment[i], one.segment[static_cast<std::size_t>(twice[i])]);
}

TEST_P(SymmetryTest, TranslationMovesTheCentroidsAlong) {
  constexpr double kMove = 64.0;
  Matrix<double> values = testing::make_blobs(9000, d(), 4, seed());
  for (std::int64_t i = 0; i < 9000 * d(); ++i)
    values.data()[i] = std::round(values.data()[i] * 1024.0) / 1024.0;  // exact twice
  const Customers here = {"", testing::prepare_points(values), {}};
  const Customers there = {"", testing::prepare_points(testing::with_each(values, 1.0, kMove)), {}};
  const KMeansOptions options = {.segments = 4, .seed = seed(), .restarts = 3};
  const Outcome at_home = testing::run(here, options);
  const Outcome abroad = testing::run(there, options);
  EXPECT_TRUE(at_home.segment == abroad.segment);
  for (std::int64_t c = 0; c < 4; ++c) {
    for (std::int64_t j = 0; j < d(); ++j) {
      const double moved = static_cast<double>(abroad.fit.centroids(c, j)) - kMove;
      EXPECT_NEAR(moved, static_cast<double>(at_home.fit.centroids(c, j)), 0x1p-17) << "half a unit of a float32 near 100";
    }
  }
}

TEST_P(SymmetryTest, ScalingByAPowerOfTwoChangesNoBit) {
  const Matrix<double> values = testing::scatter(9000, d(), 6, seed());
  const Customers small = {"", testing::prepare_points(values), {}};
  const Customers large = {"", testing::prepare_points(testing::with_each(values, 1024.0, 0.0)), {}};
  const KMeansOptions options = {.segments = 5, .seed = seed(), .restarts = 3};
  const Outcome one = testing::run(small, options);
  const Outcome other = testing::run(large, options);
  EXPECT_TRUE(one.segment == other.segment);
  EXPECT_TRUE(one.margin_bits == other.margin_bits);
  EXPECT_EQ(one.fit.inertia * 1024.0 * 1024.0, other.fit.inertia);
  EXPECT_EQ(one.fit.iterations, other.fit.iterations);
  for (std::int64_t i = 0; i < one.fit.centroids.rows() * d(); ++i) {
    EXPECT_EQ(one.fit.centroids.data()[i] * 1024.0F, other.fit.centroids.data()[i]);
  }
}

TEST_P(SymmetryTest, TheObjectiveNeverRises) {
  const Customers customers = {"", testing::prepare_points(testing::scatter(9000, d(), 9, seed())), {}};
  const KMeansOptions options = {.segments = 7, .initial_centroids = first_rows(customers, 7)};
  const KMeansResult fit = testing::run(customers, options).fit;
  ASSERT_GE(fit.history.size(), 2U);
  const double start = fit.history.front().objective;
  for (std::size_t i = 1; i < fit.history.size(); ++i) {
    // The mean is rounded to float32 (2^-24 of |x| <= 32 or so), which may cost n d (2^-19)^2 at the fixed point.
    EXPECT_LE(fit.history[i].objective, fit.history[i - 1].objective + start * 0x1p-36) << "iteration " << i;
  }
  EXPECT_LE(fit.inertia, start);
}

TEST_P(SymmetryTest, AssignmentsReproduceTheFit) {
  std::vector<float> weights;
  AwkwardRandom random(seed());
  for (int i = 0; i < 9000; ++i) weights.push_back(i % 7 == 0 ? 0.0F : static_cast<float>(3.0 * random.uniform()));
  Customers customers = {"", testing::prepare_points(testing::scatter(9000, d(), 6, seed()), weights), {}};
  for (int i = 0; i < 9000; ++i) customers.flags.push_back(i % 29 == 0 ? kFlagRejected : 0);
  const Outcome outcome = testing::run(customers, {.segments = 5, .seed = seed(), .restarts = 2});
  const Matrix<float>& centroids = outcome.fit.centroids;
  std::vector<std::int64_t> rows(static_cast<std::size_t>(centroids.rows()));
  double inertia = 0.0;
  for (std::int64_t i = 0; i < 9000; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int32_t segment = outcome.segment[at];
    if (customers.flags[at] != 0) {
      EXPECT_EQ(segment, -1);
      continue;
    }
    const float* row = customers.points.rows.row(i).data();
    const double distance2 = exact::reference_distance2(row, centroids.row(segment).data(), d());
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      ASSERT_LE(distance2, exact::reference_distance2(row, centroids.row(c).data(), d()));
    }
    EXPECT_EQ(outcome.distance_bits[at], std::bit_cast<std::uint32_t>(static_cast<float>(std::sqrt(distance2))));
    if (weights[at] > 0.0F) ++rows[static_cast<std::size_t>(segment)];
    inertia += static_cast<double>(weights[at]) * distance2;
  }
  EXPECT_EQ(rows, outcome.fit.rows);
  EXPECT_NEAR(inertia, outcome.fit.inertia, 1e-12 * inertia) << "one is a sum of doubles, the other exact";
}

INSTANTIATE_TEST_SUITE_P(Seeds, SymmetryTest, ::testing::Range(0, kSeeds));

}  // namespace
}  // namespace tessera
