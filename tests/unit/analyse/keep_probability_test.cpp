// SPDX-License-Identifier: Apache-2.0
#include "analyse/keep_probability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "exact/philox.hpp"
#include "fit/point_clustering.hpp"
#include "keep_cases.hpp"

namespace tessera {
namespace {

using testing::Centres;
using testing::kApart;
constexpr double kMargin = testing::kKeepMargin;

RowCollection clouds(const Centres& centres, int rows_each, double spread) {
  return testing::clouds(centres, rows_each, spread, {1.0, 2.0});
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

TEST(KeepProbability, CustomersOfClearSegmentsKeepThem) { testing::expect_kept(keep_of(clouds(kApart, 200, 1.0), 3)); }

TEST(KeepProbability, CustomersOfACloudCutByForceDoNot) {
  // Cut in a few pieces the same cuts may come again and again in one sample; nothing holds many in place.
  const KeepProbability cut = keep_of(clouds({{0, 0}}, 600, 1.0), 7);
  EXPECT_LT(cut.mean, kKeepLeast);
  EXPECT_GT(cut.below, 0.5);
}

TEST(KeepProbability, CustomersOnABoundaryKeepTheirsLessOften) {
  testing::expect_doubt_at_the_boundary(keep_of(clouds({{0, 0}, {3, 0}}, 400, 1.0), 2));
}

TEST(KeepProbability, IsTheSameForAnyNumberOfThreads) {
  const RowCollection sample = clouds({{0, 0}, {3, 0}, {0, 3}}, 150, 1.2);
  const KeepProbability one = keep_of(sample, 3, 1), three = keep_of(sample, 3, 3);
  testing::expect_equal(one, three);
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
