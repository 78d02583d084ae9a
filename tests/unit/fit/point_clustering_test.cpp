// SPDX-License-Identifier: Apache-2.0
#include "fit/point_clustering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "exact/distance.hpp"
#include "support/prepared_points.hpp"

namespace tessera {
namespace {

struct Points {
  Matrix<float> rows;
  std::vector<double> weights;
  [[nodiscard]] WeightedPoints view() const { return {rows.view(), weights}; }
};

Points blobs(std::int64_t n, std::int64_t d, std::int64_t k, std::uint64_t seed) {
  return {testing::prepare_points(testing::make_blobs(n, d, k, seed)).rows,
          std::vector<double>(static_cast<std::size_t>(n), 1.0)};
}

double naive_inertia(const Points& points, const PointClustering& clustering) {
  double inertia = 0.0;
  for (std::int64_t i = 0; i < points.rows.rows(); ++i) {
    const std::int32_t label = clustering.labels[static_cast<std::size_t>(i)];
    double distance2 = 0.0;
    for (std::int64_t j = 0; j < points.rows.columns(); ++j) {
      const double difference = static_cast<double>(points.rows(i, j)) - clustering.centroids(label, j);
      distance2 += difference * difference;
    }
    inertia += points.weights[static_cast<std::size_t>(i)] * distance2;
  }
  return inertia;
}

TEST(PointClustering, FindsSeparatedBlobs) {
  const Points points = blobs(700, 3, 7, 1);
  const PointClustering found = cluster_points(points.view(), {.segments = 7, .restarts = 1});
  for (std::int64_t i = 7; i < 700; ++i) {
    EXPECT_EQ(found.labels[static_cast<std::size_t>(i)], found.labels[static_cast<std::size_t>(i % 7)]);
  }
  EXPECT_NEAR(found.inertia, naive_inertia(points, found), 1e-9 * found.inertia);
}

TEST(PointClustering, IsTheSameForAnyNumberOfThreadsAndDiffersBySeed) {
  const Points points = blobs(500, 2, 40, 3);
  const PointClusteringOptions options{.segments = 6, .seed = 4, .restarts = 5};
  const PointClustering alone = cluster_points(points.view(), options);
  for (const int threads : {2, 7}) {
    ThreadPool pool(threads);
    const PointClustering other = cluster_points(points.view(), options, &pool);
    EXPECT_EQ(alone.centroids, other.centroids);
    EXPECT_EQ(alone.labels, other.labels);
  }
}

TEST(PointClustering, WeightsCountLikeCopies) {
  Points weighted = blobs(200, 2, 5, 9);
  Points copies{Matrix<float>(0, 2), {}};
  for (std::int64_t i = 0; i < 200; ++i) {
    weighted.weights[static_cast<std::size_t>(i)] = static_cast<double>(1 + i % 3);
    for (std::int64_t copy = 0; copy < 1 + i % 3; ++copy) {
      copies.rows.resize_rows(copies.rows.rows() + 1);
      std::ranges::copy(weighted.rows.row(i), copies.rows.row(copies.rows.rows() - 1).begin());
      copies.weights.push_back(1.0);
    }
  }
  const PointClustering a = cluster_points(weighted.view(), {.segments = 4});
  const PointClustering b = cluster_points(copies.view(), {.segments = 4});
  EXPECT_EQ(a.centroids, b.centroids);
  EXPECT_EQ(a.inertia, b.inertia);
}

TEST(PointClustering, GivesFewerSegmentsForFewerDistinctPoints) {
  Points points{Matrix<float>(30, 1), std::vector<double>(30, 1.0)};
  for (std::int64_t i = 0; i < 30; ++i) points.rows(i, 0) = static_cast<float>(i % 2);
  const PointClustering found = cluster_points(points.view(), {.segments = 4});
  EXPECT_EQ(found.centroids.rows(), 2);
  EXPECT_EQ(found.inertia, 0.0);
}

TEST(PointClustering, SwapsLeaveABadStartBehind) {
  // Two far groups of three blobs each; six centroids. Plain Lloyd from one start often splits a blob and merges two.
  Points points{Matrix<float>(600, 1), std::vector<double>(600, 1.0)};
  for (std::int64_t i = 0; i < 600; ++i) {
    const auto blob = static_cast<double>(i % 6);
    const double noise = exact::random_uniform(2, exact::Purpose::generate, static_cast<std::uint64_t>(i), 1);
    points.rows(i, 0) = static_cast<float>((blob < 3.0 ? 0.0 : 1000.0) + 10.0 * blob + noise);
  }
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const PointClustering found = cluster_points(points.view(), {.segments = 6, .seed = seed, .restarts = 1});
    EXPECT_LT(found.inertia, 600.0 * 0.1) << "each blob has variance 1/12";
  }
}

TEST(PointClustering, RefineStartsFromTheGivenCentroids) {
  const Points points = blobs(300, 2, 3, 5);
  Matrix<double> start(2, 2);
  start(0, 0) = start(0, 1) = -1.0;
  start(1, 0) = start(1, 1) = 1e6;  // never wins a point: it stays
  const PointClustering found = refine_points(points.view(), start);
  EXPECT_EQ(found.centroids(1, 0), 1e6);
  EXPECT_TRUE(std::ranges::all_of(found.labels, [](std::int32_t label) { return label == 0; }));
  EXPECT_NEAR(found.inertia, naive_inertia(points, found), 1e-9 * found.inertia);
}

}  // namespace
}  // namespace tessera
