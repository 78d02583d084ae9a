// SPDX-License-Identifier: Apache-2.0
#include "analyse/keep_probability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "exact/philox.hpp"
#include "fit/point_clustering.hpp"

namespace tessera {
namespace {

constexpr double kMargin = 0.1;

/// Round clouds of equal size about the given centres, weights 1 and 2 in turn.
RowCollection clouds(const std::vector<std::array<float, 2>>& centres, int rows_each, double spread) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0.0, spread);
  RowCollection sample(2);
  for (int i = 0; i < rows_each * static_cast<int>(centres.size()); ++i) {
    const auto& centre = centres[static_cast<std::size_t>(i) % centres.size()];
    const std::array<float, 2> value = {centre[0] + static_cast<float>(normal(random)),
                                        centre[1] + static_cast<float>(normal(random))};
    sample.add({0, 10 * i, 1.0 + i % 2}, value);
  }
  return sample;
}

Matrix<float> fitted(const RowCollection& sample, int segments) {
  PointClusteringOptions options;
  options.segments = segments;
  const Matrix<double> found = cluster_points(sample.points(), options).centroids;
  Matrix<float> centroids(found.rows(), found.columns());
  for (std::int64_t c = 0; c < found.rows(); ++c) {
    for (std::int64_t j = 0; j < found.columns(); ++j) centroids(c, j) = static_cast<float>(found(c, j));
  }
  return centroids;
}

KeepProbability keep_of(const RowCollection& sample, int segments, int threads = 1) {
  ThreadPool pool(threads);
  return keep_probability(sample, fitted(sample, segments), 1, kMargin, pool).value();
}

const std::vector<std::array<float, 2>> kApart = {{0, 0}, {10, 0}, {0, 10}};

TEST(KeepProbability, CustomersOfClearSegmentsKeepThem) {
  const KeepProbability keep = keep_of(clouds(kApart, 200, 1.0), 3);
  EXPECT_EQ(keep.sample_rows, 600);
  EXPECT_EQ(keep.refits, 20);
  EXPECT_GT(keep.mean, 0.999);
  ASSERT_EQ(keep.segments.size(), 3U);
  for (const double segment : keep.segments) EXPECT_GT(segment, 0.999);
  EXPECT_LT(keep.below, 0.005);
}

TEST(KeepProbability, CustomersOfACloudCutByForceDoNot) {
  // Cut in a few pieces the same cuts may come again and again in one sample; nothing holds many in place.
  const KeepProbability cut = keep_of(clouds({{0, 0}}, 600, 1.0), 7);
  EXPECT_LT(cut.mean, kKeepLeast);
  EXPECT_GT(cut.below, 0.5);
}

TEST(KeepProbability, CustomersOnABoundaryKeepTheirsLessOften) {
  const KeepProbability keep = keep_of(clouds({{0, 0}, {3, 0}}, 400, 1.0), 2);
  EXPECT_LT(keep.boundary, keep.elsewhere);
  EXPECT_GT(keep.elsewhere, 0.95);
  ASSERT_EQ(keep.pairs.size(), 1U);
  EXPECT_EQ(keep.pairs[0].segment, 0);
  EXPECT_EQ(keep.pairs[0].other, 1);
  EXPECT_EQ(keep.pairs[0].mean, keep.boundary);
}

TEST(KeepProbability, IsTheSameForAnyNumberOfThreads) {
  const RowCollection sample = clouds({{0, 0}, {3, 0}, {0, 3}}, 150, 1.2);
  const KeepProbability one = keep_of(sample, 3, 1), three = keep_of(sample, 3, 3);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.segments, three.segments);
  EXPECT_EQ(one.boundary, three.boundary);
  EXPECT_EQ(one.elsewhere, three.elsewhere);
  EXPECT_EQ(one.below, three.below);
}

TEST(KeepProbability, IsLeftOutWhereItWouldSayNothing) {
  ThreadPool pool(1);
  const RowCollection sample = clouds(kApart, 15, 1.0);
  EXPECT_FALSE(keep_probability(sample, fitted(sample, 1), 1, kMargin, pool)) << "one segment";
  EXPECT_FALSE(keep_probability(sample, fitted(sample, 3), 1, kMargin, pool)) << "15 rows a segment";
  EXPECT_FALSE(keep_probability(RowCollection(2), fitted(sample, 3), 1, kMargin, pool));
}

template <typename T>
std::size_t nearest_of(std::span<const float> row, const Matrix<T>& centroids) {
  std::vector<double> distances;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    distances.push_back(std::pow(double{row[0]} - double{centroids(c, 0)}, 2) +
                        std::pow(double{row[1]} - double{centroids(c, 1)}, 2));
  }
  return static_cast<std::size_t>(std::ranges::min_element(distances) - distances.begin());
}

int poisson_of(double uniform) {
  double sum = 0.0;
  for (int count = 0;; ++count) {
    sum += std::exp(-1.0) / std::tgamma(count + 1.0);
    if (uniform < sum) return count;
  }
}

TEST(KeepProbability, EqualsTheNaiveLoopThatTriesEveryMatching) {
  const RowCollection sample = clouds({{0, 0}, {3, 0}, {0, 3}}, 150, 1.2);
  const Matrix<float> centroids = fitted(sample, 3);
  const std::size_t n = sample.rows.size();
  std::vector<double> kept(n);
  for (std::uint32_t b = 0; b < 20; ++b) {
    RowCollection drawn(2);
    for (std::size_t i = 0; i < n; ++i) {
      const double uniform =
          exact::random_uniform(1, exact::Purpose::resample, static_cast<std::uint64_t>(sample.rows[i].id), (1U << 30U) + b);
      const int times = poisson_of(uniform);
      if (times > 0) drawn.add({0, 0, times * sample.weights[i]}, sample.values.row(static_cast<std::int64_t>(i)));
    }
    PointClusteringOptions options;
    options.segments = 3;
    options.seed = 1;
    options.stream = (1U << 22U) + b;
    options.restarts = 2;
    options.failed_swaps = 4;
    const Matrix<double> refit = cluster_points(drawn.points(), options).centroids;
    std::array<std::size_t, 3> order = {0, 1, 2}, best = order;
    double most = -1.0;
    do {
      double overlap = 0.0;
      for (std::size_t i = 0; i < n; ++i) {
        const auto row = sample.values.row(static_cast<std::int64_t>(i));
        if (order[nearest_of(row, refit)] == nearest_of(row, centroids)) overlap += sample.weights[i];
      }
      if (overlap > most) best = order;
      most = std::max(most, overlap);
    } while (std::ranges::next_permutation(order).found);
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = sample.values.row(static_cast<std::int64_t>(i));
      kept[i] += best[nearest_of(row, refit)] == nearest_of(row, centroids) ? 1.0 / 20.0 : 0.0;
    }
  }
  double weight = 0.0, sum = 0.0, below = 0.0;
  std::array<double, 3> weights{}, sums{};
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t own = nearest_of(sample.values.row(static_cast<std::int64_t>(i)), centroids);
    weight += sample.weights[i];
    sum += sample.weights[i] * kept[i];
    below += kept[i] < 0.8 - 1e-9 ? sample.weights[i] : 0.0;
    weights[own] += sample.weights[i];
    sums[own] += sample.weights[i] * kept[i];
  }
  const KeepProbability keep = keep_of(sample, 3);
  EXPECT_LT(keep.mean, 1.0);
  EXPECT_NEAR(keep.mean, sum / weight, 1e-12);
  EXPECT_NEAR(keep.below, below / weight, 1e-12);
  for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(keep.segments[s], sums[s] / weights[s], 1e-12);
}

}  // namespace
}  // namespace tessera
