// SPDX-License-Identifier: Apache-2.0
#include "fit/kmeans.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "backend/registry.hpp"
#include "comm/thread_ranks.hpp"
#include "support/prepared_points.hpp"

namespace tessera {
namespace {

using testing::PreparedPoints;
using testing::QuietJob;

struct Surroundings {
  int threads = 1;
  std::int64_t chunk_rows = 0;
  std::string cpu_level = "auto";
};

KMeansResult fit(const PreparedPoints& points, const KMeansOptions& options, const Surroundings& where = {},
                 std::span<const std::uint8_t> flags = {}) {
  QuietJob job(where.threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu", .cpu_level = where.cpu_level}, context);
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, flags, where.chunk_rows, context);
  SoloCommunicator comm;
  return fit_kmeans(*feeder, *backend, comm, points.plan, options, context);
}

/// Lloyd in float64 with naive loops, ties to the lowest index, centroids rounded to float32 like ours.
Matrix<float> naive_lloyd(const PreparedPoints& points, Matrix<float> centroids) {
  for (;;) {
    Matrix<double> sum(centroids.rows(), centroids.columns());
    std::vector<double> count(static_cast<std::size_t>(centroids.rows()));
    for (std::int64_t i = 0; i < points.rows.rows(); ++i) {
      std::int64_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::int64_t c = 0; c < centroids.rows(); ++c) {
        double distance2 = 0.0;
        for (std::int64_t j = 0; j < centroids.columns(); ++j) {
          const double difference = static_cast<double>(points.rows(i, j)) - static_cast<double>(centroids(c, j));
          distance2 += difference * difference;
        }
        if (distance2 < least) {
          least = distance2;
          best = c;
        }
      }
      count[static_cast<std::size_t>(best)] += 1.0;
      for (std::int64_t j = 0; j < centroids.columns(); ++j) sum(best, j) += static_cast<double>(points.rows(i, j));
    }
    Matrix<float> next = centroids;
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      if (count[static_cast<std::size_t>(c)] == 0.0) continue;
      for (std::int64_t j = 0; j < centroids.columns(); ++j) {
        next(c, j) = static_cast<float>(sum(c, j) / count[static_cast<std::size_t>(c)]);
      }
    }
    if (next == centroids) return centroids;
    centroids = next;
  }
}

TEST(KMeans, EqualsNaiveLloydFromTheSameStart) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(3000, 3, 7, 11));
  Matrix<float> start(5, 3);
  for (std::int64_t c = 0; c < 5; ++c) std::ranges::copy(points.rows.row(c * 31), start.row(c).begin());
  const KMeansResult result = fit(points, {.segments = 5, .initial_centroids = start});
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(testing::as_set(result.centroids), testing::as_set(naive_lloyd(points, start)));
}

TEST(KMeans, SameBitsForThreadsChunksAndLevels) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(40000, 5, 9, 3));
  const KMeansOptions options{.segments = 9, .seed = 5, .restarts = 2};
  const KMeansResult one = fit(points, options);
  for (const int threads : {2, 7}) {
    for (const std::int64_t chunk_rows : {std::int64_t{4096}, std::int64_t{12288}}) {
      const KMeansResult other = fit(points, options, {.threads = threads, .chunk_rows = chunk_rows});
      EXPECT_EQ(one.centroids, other.centroids);
      EXPECT_EQ(one.inertia, other.inertia);
      EXPECT_EQ(one.rows, other.rows);
      EXPECT_EQ(one.iterations, other.iterations);
    }
  }
  for (const std::string& level : cpu_levels()) {
    const KMeansResult other = fit(points, options, {.threads = 2, .cpu_level = level});
    EXPECT_EQ(one.centroids, other.centroids) << level;
    EXPECT_EQ(one.inertia, other.inertia) << level;
  }
}

TEST(KMeans, SameBitsForAnyNumberOfRanks) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(30000, 2, 4, 8));
  const KMeansOptions options{.segments = 4, .seed = 1, .restarts = 2};
  const KMeansResult alone = fit(points, options);
  for (const int ranks : {2, 3}) {
    run_ranks(ranks, [&](Communicator& comm) {
      QuietJob job;
      const JobContext context = job.context();
      const auto backend = open_backend({.device = "cpu"}, context);
      const auto feeder = make_matrix_feeder(points.rows.view(), {}, {}, 0, context, comm);
      const KMeansResult result = fit_kmeans(*feeder, *backend, comm, points.plan, options, context);
      EXPECT_EQ(alone.centroids, result.centroids);
      EXPECT_EQ(alone.inertia, result.inertia);
      EXPECT_EQ(alone.rows, result.rows);
    });
  }
}

TEST(KMeans, FindsBlobsAndOrdersThemBySize) {
  Matrix<double> values = testing::make_blobs(900, 2, 3, 2);
  values.resize_rows(800);  // the blob of row 799 loses rows like the others, those of rows 798 and 799 first
  const KMeansResult result = fit(testing::prepare_points(values), {.segments = 3});
  ASSERT_EQ(result.centroids.rows(), 3);
  EXPECT_THAT(result.rows, ::testing::ElementsAre(267, 267, 266));
  EXPECT_LT(result.centroids(0, 0), result.centroids(1, 0)) << "equal sizes are ordered by centroid";
}

TEST(KMeans, WeightTwoIsTheRowTwice) {
  const Matrix<double> values = testing::make_blobs(600, 3, 4, 21);
  Matrix<double> doubled(0, 3);
  std::vector<float> weights;
  for (std::int64_t i = 0; i < values.rows(); ++i) {
    const int copies = i % 3 == 0 ? 2 : 1;
    weights.push_back(static_cast<float>(copies));
    for (int copy = 0; copy < copies; ++copy) {
      doubled.resize_rows(doubled.rows() + 1);
      std::ranges::copy(values.row(i), doubled.row(doubled.rows() - 1).begin());
    }
  }
  PreparedPoints weighted = testing::prepare_points(values, weights);
  PreparedPoints repeated = testing::prepare_points(doubled);
  repeated.plan.grid_exponent = weighted.plan.grid_exponent;  // the weighted table's grid is one bit coarser
  repeated.rows = Matrix<float>(doubled.rows(), 3);
  for (std::int64_t i = 0; i < doubled.rows(); ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      repeated.rows(i, j) =
          exact::to_grid(doubled(i, j), exact::make_grid(repeated.plan.grid_exponent[static_cast<std::size_t>(j)]));
    }
  }
  Matrix<float> start(4, 3);
  for (std::int64_t c = 0; c < 4; ++c) std::ranges::copy(weighted.rows.row(c), start.row(c).begin());
  const KMeansOptions options{.segments = 4, .initial_centroids = start};
  const KMeansResult a = fit(weighted, options);
  const KMeansResult b = fit(repeated, options);
  EXPECT_EQ(a.centroids, b.centroids);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_DOUBLE_EQ(a.inertia, b.inertia);
}

TEST(KMeans, RowsOfWeightZeroAndRejectedRowsDoNotCount) {
  const Matrix<double> values = testing::make_blobs(500, 2, 2, 4);
  std::vector<float> weights(500, 1.0F);
  std::vector<std::uint8_t> flags(500, 0);
  Matrix<double> kept(0, 2);
  for (std::int64_t i = 0; i < 500; ++i) {
    if (i % 7 == 3) weights[static_cast<std::size_t>(i)] = 0.0F;
    if (i % 11 == 5) flags[static_cast<std::size_t>(i)] = kFlagRejected;
    if (i % 7 == 3 || i % 11 == 5) continue;
    kept.resize_rows(kept.rows() + 1);
    std::ranges::copy(values.row(i), kept.row(kept.rows() - 1).begin());
  }
  const PreparedPoints all = testing::prepare_points(values, weights);
  Matrix<float> start(2, 2);
  std::ranges::copy(all.rows.row(0), start.row(0).begin());
  std::ranges::copy(all.rows.row(1), start.row(1).begin());
  PreparedPoints some = testing::prepare_points(kept);
  some.plan.grid_exponent = all.plan.grid_exponent;
  for (std::int64_t i = 0, to = 0; i < 500; ++i) {
    if (i % 7 != 3 && i % 11 != 5) std::ranges::copy(all.rows.row(i), some.rows.row(to++).begin());
  }
  const KMeansOptions options{.segments = 2, .initial_centroids = start};
  const KMeansResult a = fit(all, options, {}, flags);
  const KMeansResult b = fit(some, options);
  EXPECT_EQ(a.centroids, b.centroids);
  EXPECT_EQ(a.rows, b.rows);
}

TEST(KMeans, FewerDistinctRowsThanSegments) {
  Matrix<double> values(60, 2);
  for (std::int64_t i = 0; i < 60; ++i) values(i, 0) = values(i, 1) = static_cast<double>(i % 3);
  const PreparedPoints points = testing::prepare_points(values);
  const KMeansResult result = fit(points, {.segments = 5});
  EXPECT_EQ(result.centroids.rows(), 3);
  EXPECT_EQ(result.inertia, 0.0);
  EXPECT_THAT(result.notes, ::testing::ElementsAre("only 3 distinct rows: 3 segments instead of 5"));
  EXPECT_THROW(static_cast<void>(fit(points, {.segments = 5, .strict_segments = true})), DataError);
}

TEST(KMeans, FewDistinctRowsAmongManyRows) {
  Matrix<double> values(20000, 1);
  for (std::int64_t i = 0; i < values.rows(); ++i) values(i, 0) = static_cast<double>(i % 4);
  const KMeansResult result = fit(testing::prepare_points(values), {.segments = 6, .restarts = 1});
  EXPECT_EQ(result.centroids.rows(), 4);
  EXPECT_EQ(result.inertia, 0.0);
}

TEST(KMeans, AnEmptySegmentTakesTheRowThatIsWorstOff) {
  Matrix<double> values(101, 1);
  for (std::int64_t i = 0; i < 100; ++i) values(i, 0) = static_cast<double>(i % 10);
  values(100, 0) = 1000.0;
  Matrix<float> start(3, 1);
  start(0, 0) = 4.0F;
  start(1, 0) = 5.0F;
  start(2, 0) = -500.0F;  // nobody's nearest
  const KMeansResult result = fit(testing::prepare_points(values), {.segments = 3, .initial_centroids = start});
  EXPECT_EQ(result.centroids.rows(), 3);
  EXPECT_EQ(result.rows[2], 1);
  EXPECT_EQ(result.centroids(2, 0), 1000.0F);
}

TEST(KMeans, OneSegmentIsTheMean) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(1000, 4, 3, 9));
  const KMeansResult result = fit(points, {.segments = 1});
  double sum = 0.0;
  for (std::int64_t i = 0; i < 1000; ++i) sum += static_cast<double>(points.rows(i, 2));
  EXPECT_EQ(result.centroids(0, 2), static_cast<float>(sum / 1000.0));
  EXPECT_EQ(result.rows[0], 1000);
}

TEST(KMeans, TheObjectiveNeverRises) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(5000, 2, 11, 6));
  Matrix<float> start(6, 2);
  for (std::int64_t c = 0; c < 6; ++c) std::ranges::copy(points.rows.row(c), start.row(c).begin());
  const KMeansResult result = fit(points, {.segments = 6, .initial_centroids = start});
  ASSERT_GT(result.history.size(), 2U);
  for (std::size_t i = 1; i < result.history.size(); ++i) {
    EXPECT_LE(result.history[i].objective, result.history[i - 1].objective * (1.0 + 1e-9));
  }
  EXPECT_NEAR(result.history.back().objective, result.inertia, 1e-9 * result.inertia);
}

TEST(KMeans, StopsAtTheIterationLimitAndSaysSo) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(5000, 2, 11, 6));
  Matrix<float> start(6, 2);
  for (std::int64_t c = 0; c < 6; ++c) std::ranges::copy(points.rows.row(c), start.row(c).begin());
  const KMeansResult result = fit(points, {.segments = 6, .max_iterations = 2, .initial_centroids = start});
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.iterations, 2);
  EXPECT_THAT(result.notes, ::testing::ElementsAre(::testing::HasSubstr("--max-iter")));
}

TEST(KMeans, NoUsableRowIsAnError) {
  const PreparedPoints points = testing::prepare_points(Matrix<double>(5, 2, 1.0), std::vector<float>(5, 0.0F));
  EXPECT_THROW(static_cast<void>(fit(points, {.segments = 2})), DataError);
}

TEST(KMeans, CanBeCancelled) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(5000, 2, 3, 6));
  QuietJob job;
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  const auto feeder = make_matrix_feeder(points.rows.view(), {}, {}, 0, context);
  SoloCommunicator comm;
  job.cancel().cancel(15);
  EXPECT_THROW(static_cast<void>(fit_kmeans(*feeder, *backend, comm, points.plan, {.segments = 3}, context)), CancelledError);
}

}  // namespace
}  // namespace tessera
