// SPDX-License-Identifier: Apache-2.0
// k-means over rows with gaps: partial distances, means over what is known, seeds and samples that are completed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backend/registry.hpp"
#include "exact/distance.hpp"
#include "feed/feeder.hpp"
#include "fit/complete_rows.hpp"
#include "fit/kmeans.hpp"
#include "fit/segment_means.hpp"
#include "stats/adjusted_rand.hpp"
#include "support/awkward_cases.hpp"
#include "support/naive.hpp"
#include "support/prepared_points.hpp"

namespace tessera {
namespace {

using testing::PreparedPoints;
using testing::QuietJob;

constexpr float kGap = std::numeric_limits<float>::quiet_NaN();

struct GappedPoints {
  PreparedPoints points;
  std::vector<std::uint8_t> flags;
};

/// Takes the share `share` of the cells out, but not the last one of a row.
GappedPoints with_gaps(PreparedPoints points, double share, std::uint64_t seed) {
  testing::AwkwardRandom random(seed);
  points.plan.missing = MissingPolicy::partial;
  std::vector<std::uint8_t> flags;
  for (std::int64_t i = 0; i < points.rows.rows(); ++i) {
    const std::int64_t kept = random.below(points.rows.columns());
    std::uint8_t flag = 0;
    for (std::int64_t j = 0; j < points.rows.columns(); ++j) {
      if (j == kept || random.uniform() >= share) continue;
      points.rows(i, j) = kGap;
      flag = kFlagIncomplete;
    }
    flags.push_back(flag);
  }
  return {std::move(points), std::move(flags)};
}

KMeansResult fit(const GappedPoints& gapped, const KMeansOptions& options, const RowVisit& visit = {}) {
  QuietJob job(2);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  const auto feeder = make_matrix_feeder(gapped.points.rows.view(), gapped.points.weights, gapped.flags, 0, context);
  SoloCommunicator comm;
  return fit_kmeans(*feeder, *backend, comm, gapped.points.plan, options, context, visit);
}

/// Row i of each segment to begin with, its gaps at 0.
Matrix<float> first_rows(const PreparedPoints& points, std::int64_t k) {
  Matrix<float> start(k, points.rows.columns());
  for (std::int64_t c = 0; c < k; ++c) {
    std::ranges::transform(points.rows.row(c), start.row(c).begin(), [](float x) { return std::isnan(x) ? 0.0F : x; });
  }
  return start;
}

/// Lloyd's iteration in plain loops: the nearest by the partial distance, then means over what is known, a row counting as its
/// distance does.
Matrix<float> naive_lloyd(const PreparedPoints& points, Matrix<float> centroids) {
  const std::vector<std::uint8_t> columns(static_cast<std::size_t>(centroids.columns()), 1);
  for (;;) {
    Matrix<double> sum(centroids.rows(), centroids.columns()), weight(centroids.rows(), centroids.columns());
    for (std::int64_t i = 0; i < points.rows.rows(); ++i) {
      std::int64_t best = 0;
      for (std::int64_t c = 1; c < centroids.rows(); ++c) {
        if (testing::naive_partial2(points.rows.row(i), centroids.row(c), columns) <
            testing::naive_partial2(points.rows.row(i), centroids.row(best), columns)) {
          best = c;
        }
      }
      const double scale = static_cast<double>(testing::naive_scale(points.rows.row(i), columns));
      for (std::int64_t j = 0; j < centroids.columns(); ++j) {
        if (std::isnan(points.rows(i, j))) continue;
        sum(best, j) += scale * static_cast<double>(points.rows(i, j));
        weight(best, j) += scale;
      }
    }
    Matrix<float> next = centroids;
    for (std::int64_t c = 0; c < centroids.rows(); ++c) {
      for (std::int64_t j = 0; j < centroids.columns(); ++j) {
        double of_all = 0.0, weight_of_all = 0.0;
        for (std::int64_t other = 0; other < centroids.rows(); ++other) {
          of_all += sum(other, j);
          weight_of_all += weight(other, j);
        }
        const bool known = weight(c, j) > 0.0;
        next(c, j) = static_cast<float>(known ? sum(c, j) / weight(c, j) : of_all / weight_of_all);
      }
    }
    if (next == centroids) return centroids;
    centroids = next;
  }
}

TEST(Gaps, EqualNaiveLloydFromTheSameStart) {
  for (const double share : {0.05, 0.4, 0.9}) {
    const GappedPoints gapped = with_gaps(testing::prepare_points(testing::make_blobs(3000, 4, 7, 11)), share, 5);
    const Matrix<float> start = first_rows(gapped.points, 5);
    const KMeansResult result = fit(gapped, {.segments = 5, .initial_centroids = start});
    EXPECT_TRUE(result.converged);
    EXPECT_EQ(testing::as_set(result.centroids), testing::as_set(naive_lloyd(gapped.points, start))) << share;
  }
}

TEST(Gaps, WithoutAnyNotABitChanges) {
  PreparedPoints points = testing::prepare_points(testing::make_blobs(20'000, 5, 6, 3));
  const GappedPoints impute = {points, std::vector<std::uint8_t>(20'000, kFlagIncomplete)};  // filled, or of unknown levels
  GappedPoints partial = impute;
  partial.points.plan.missing = MissingPolicy::partial;
  const KMeansOptions options{.segments = 6, .seed = 2, .restarts = 2};
  const KMeansResult a = fit(impute, options);
  const KMeansResult b = fit(partial, options);
  EXPECT_EQ(a.centroids, b.centroids);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.inertia, b.inertia);
  EXPECT_EQ(a.iterations, b.iterations);
}

TEST(Gaps, TheObjectiveNeverRisesAndIsTheSumOfPartialDistances) {
  const GappedPoints gapped = with_gaps(testing::prepare_points(testing::make_blobs(5000, 3, 11, 6)), 0.3, 9);
  double sum = 0.0;
  const KMeansResult result = fit(gapped, {.segments = 6, .initial_centroids = first_rows(gapped.points, 6)},
                                  [&](const Chunk&, const RowOutputs& outputs) {
                                    for (const double distance2 : outputs.distance2) sum += distance2;
                                  });
  ASSERT_GT(result.history.size(), 2U);
  for (std::size_t i = 1; i < result.history.size(); ++i) {
    EXPECT_LE(result.history[i].objective, result.history[i - 1].objective * (1.0 + 1e-9));
  }
  EXPECT_NEAR(result.history.back().objective, result.inertia, 1e-9 * result.inertia);
  EXPECT_NEAR(sum, result.inertia, 1e-12 * sum) << "one is a sum of doubles, the other exact";
}

TEST(Gaps, WeightTwoIsTheRowTwice) {
  GappedPoints repeated = with_gaps(testing::prepare_points(testing::make_blobs(800, 3, 4, 21)), 0.35, 3);
  GappedPoints weighted = repeated;
  weighted.points.rows.resize_rows(600);
  weighted.flags.resize(600);
  weighted.points.weights.assign(600, 1.0F);
  weighted.points.plan.largest_weight = 2.0;
  weighted.points.plan.weight_exponent = 1 - exact::kGridBits;
  for (int& exponent : weighted.points.plan.grid_exponent) ++exponent;  // one bit coarser: rows have to lie on it in both
  for (std::int64_t i = 0; i < 800; ++i) {
    for (std::int64_t j = 0; j < 3; ++j) {
      const int exponent = weighted.points.plan.grid_exponent[static_cast<std::size_t>(j)];
      float& cell = repeated.points.rows(i, j);
      cell = i < 600 ? exact::to_grid(cell, exact::make_grid(exponent)) : repeated.points.rows(i - 600, j);
    }
  }
  for (std::int64_t i = 0; i < 600; ++i) std::ranges::copy(repeated.points.rows.row(i), weighted.points.rows.row(i).begin());
  for (std::size_t i = 0; i < 200; ++i) {
    weighted.points.weights[i] = 2.0F;
    repeated.flags[600 + i] = repeated.flags[i];
  }
  repeated.points.plan.grid_exponent = weighted.points.plan.grid_exponent;
  const KMeansOptions options{.segments = 4, .initial_centroids = first_rows(weighted.points, 4)};
  const KMeansResult a = fit(weighted, options);
  const KMeansResult b = fit(repeated, options);
  EXPECT_EQ(a.centroids, b.centroids);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_DOUBLE_EQ(a.inertia, b.inertia);
}

TEST(Gaps, AFeatureThatNobodyOfASegmentHasTakesTheMeanOfAll) {
  Matrix<double> values(200, 2);
  for (std::int64_t i = 0; i < 200; ++i) {
    values(i, 0) = i % 2 == 0 ? 0.0 : 100.0;
    values(i, 1) = static_cast<double>(i % 10);
  }
  GappedPoints gapped{testing::prepare_points(values), std::vector<std::uint8_t>(200, 0)};
  gapped.points.plan.missing = MissingPolicy::partial;
  for (std::int64_t i = 1; i < 200; i += 2) {  // the odd rows lack feature 1
    gapped.points.rows(i, 1) = kGap;
    gapped.flags[static_cast<std::size_t>(i)] = kFlagIncomplete;
  }
  const KMeansResult result = fit(gapped, {.segments = 2});
  ASSERT_EQ(result.centroids.rows(), 2);
  const std::int64_t hollow = result.centroids(0, 0) == 100.0F ? 0 : 1;
  EXPECT_EQ(result.centroids(hollow, 0), 100.0F);
  EXPECT_EQ(result.centroids(hollow, 1), 4.0F) << "0, 2, 4, 6 and 8 among those who have it";
  EXPECT_EQ(result.centroids(1 - hollow, 1), 4.0F);
  EXPECT_THAT(result.rows, ::testing::ElementsAre(100, 100));
}

TEST(Gaps, AnEmptySegmentTakesARowWithAGap) {
  Matrix<double> values(101, 2);
  for (std::int64_t i = 0; i < 100; ++i) values(i, 0) = values(i, 1) = static_cast<double>(i % 10);
  values(100, 0) = 1000.0;
  GappedPoints gapped{testing::prepare_points(values), std::vector<std::uint8_t>(101, 0)};
  gapped.points.plan.missing = MissingPolicy::partial;
  gapped.points.plan.sources[1].fill = 5.0;
  gapped.points.rows(100, 1) = kGap;
  gapped.flags[100] = kFlagIncomplete;
  Matrix<float> start(3, 2);
  for (std::int64_t j = 0; j < 2; ++j) {
    start(0, j) = 4.0F;
    start(1, j) = 5.0F;
    start(2, j) = -5000.0F;  // nobody's nearest
  }
  const KMeansResult result = fit(gapped, {.segments = 3, .initial_centroids = start});
  ASSERT_EQ(result.centroids.rows(), 3);
  EXPECT_EQ(result.rows[2], 1);
  EXPECT_EQ(result.centroids(2, 0), 1000.0F);
  EXPECT_TRUE(std::isfinite(result.centroids(2, 1)));
}

TEST(Gaps, TermsBeyondTheObjectivesUnitStillCount) {
  // One row at 1, a thousand at -1, in one feature of three: its scaled squared distance, 12, is more than any of a complete
  // row.
  constexpr std::int64_t kRows = 1001;
  Matrix<double> values(kRows, 3, -1.0);
  for (std::int64_t i = 0; i < kRows; ++i) values(i, 1) = values(i, 2) = 0x1p-30 * static_cast<double>(i % 2);
  values(0, 0) = 1.0;
  GappedPoints gapped{testing::prepare_points(values), std::vector<std::uint8_t>(kRows, 0)};
  gapped.points.plan.missing = MissingPolicy::partial;
  gapped.points.rows(0, 1) = gapped.points.rows(0, 2) = kGap;
  gapped.flags[0] = kFlagIncomplete;
  Matrix<float> start(1, 3);
  start(0, 0) = -1.0F;
  const KMeansResult result = fit(gapped, {.segments = 1, .max_iterations = 1, .initial_centroids = start});
  const double mean = (3.0 - 1000.0) / 1003.0;
  EXPECT_NEAR(result.inertia, 3.0 * (1.0 - mean) * (1.0 - mean) + 1000.0 * (1.0 + mean) * (1.0 + mean), 1e-6);
}

TEST(Gaps, FeaturesOfAColumnCountOnce) {
  // Feature 0 is a column, features 1 to 3 are the levels of another: who lacks them knows one column of two, not one of four.
  PreparedPoints points = testing::prepare_points(Matrix<double>(2, 4, 1.0));
  points.plan.missing = MissingPolicy::partial;
  points.plan.sources.resize(2);
  points.plan.sources[1].feature_count = 3;
  points.plan.sources[1].levels = {"a", "b", "c"};
  EXPECT_THAT(gap_columns(points.plan), ::testing::ElementsAre(1, 1, 0, 0));
  for (std::int64_t j = 1; j < 4; ++j) points.rows(1, j) = kGap;
  Matrix<float> start(1, 4);
  const KMeansResult result =
      fit({points, {0, kFlagIncomplete}}, {.segments = 1, .max_iterations = 1, .initial_centroids = start});
  EXPECT_EQ(result.history.front().objective, 4.0 + 2.0) << "from 0, before the first step";
  EXPECT_EQ(result.inertia, 0.0);
}

TEST(Gaps, RecoverClustersThatFillingWithMeansBlurs) {
  constexpr std::int64_t kRows = 4000;
  constexpr std::int64_t kClusters = 5;
  testing::AwkwardRandom random(17);
  Matrix<double> centres(kClusters, 8), values(kRows, 8);
  for (std::int64_t i = 0; i < kClusters * 8; ++i) centres.data()[i] = 2.5 * random.bell();
  std::vector<std::int32_t> truth;
  for (std::int64_t i = 0; i < kRows; ++i) {
    truth.push_back(static_cast<std::int32_t>(i % kClusters));
    for (std::int64_t j = 0; j < 8; ++j) values(i, j) = centres(i % kClusters, j) + random.bell();
  }
  const GappedPoints open = with_gaps(testing::prepare_points(values), 0.3, 4);
  GappedPoints filled = open;
  filled.points.plan.missing = MissingPolicy::impute;
  for (std::int64_t j = 0; j < 8; ++j) {
    double sum = 0.0, count = 0.0;
    for (std::int64_t i = 0; i < kRows; ++i) {
      if (std::isnan(open.points.rows(i, j))) continue;
      sum += static_cast<double>(open.points.rows(i, j));
      count += 1.0;
    }
    const exact::Grid grid = exact::make_grid(open.points.plan.grid_exponent[static_cast<std::size_t>(j)]);
    for (std::int64_t i = 0; i < kRows; ++i) {
      if (std::isnan(open.points.rows(i, j))) filled.points.rows(i, j) = exact::to_grid(sum / count, grid);
    }
  }
  const auto recovered = [&](const GappedPoints& gapped) {
    const KMeansResult result = fit(gapped, {.segments = static_cast<int>(kClusters), .seed = 1});
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < kRows; ++i) {
      exact::TwoNearest nearest;
      for (std::int64_t c = 0; c < result.centroids.rows(); ++c) {
        nearest.offer(static_cast<std::int32_t>(c),
                      exact::partial_distance2(gapped.points.rows.row(i).data(), result.centroids.row(c).data(), 8, 1.0));
      }
      labels.push_back(nearest.first);
    }
    return stats::adjusted_rand_index(truth, labels);
  };
  const double of_open = recovered(open);
  const double of_filled = recovered(filled);
  EXPECT_GT(of_open, of_filled + 0.05);
  EXPECT_GT(of_open, 0.85);
}

TEST(SegmentMeans, HoldWhatTheLargestTablesAddUpTo) {
  // Half of 2^34 rows of full weight have the feature, of 8,192 features no other; the rest have all.
  NearestStatistics statistics(1, 1, true);
  const Int128 half = Int128{1} << 33;
  const Int128 weight = Int128{1} << exact::kGridBits;
  const Int128 scale = exact::gap_scale(1, 8192);
  statistics.weights[0] = 2 * half * weight;
  statistics.sums(0, 0) = half * weight;                  // x = 1
  statistics.gap_sums(0, 0) = half * scale * 3 * weight;  // x = 3
  statistics.gap_weights(0, 0) = half * weight * (scale - (Int128{1} << exact::kGapBits));
  const GridUnits units{.feature_exponent = {-exact::kGridBits}, .weight_exponent = -exact::kGridBits};
  float mean = 0.0F;
  SegmentMeans(statistics, units).write(0, {&mean, 1});
  EXPECT_EQ(mean, static_cast<float>((1.0 + 3.0 * 8192.0) / 8193.0));
}

TEST(CompleteRows, TakeTheValueOfTheNearestWhoHasIt) {
  FeaturePlan plan = testing::prepare_points(Matrix<double>(1, 3, 1.0)).plan;
  plan.sources[2].fill = 0.75;
  RowCollection rows(3);
  rows.add({0, 0, 1.0}, std::vector<float>{1.0F, 5.0F, kGap});
  rows.add({0, 1, 1.0}, std::vector<float>{9.0F, 7.0F, kGap});
  rows.add({0, 2, 1.0}, std::vector<float>{8.0F, kGap, kGap});
  rows.add({0, 3, 1.0}, std::vector<float>{kGap, 5.5F, kGap});
  QuietJob job(2);
  RowCollection as_they_are = rows;
  complete_by_neighbours(as_they_are, plan, job.context().threads);
  EXPECT_TRUE(std::isnan(as_they_are.values(0, 2))) << "a plan that fills has no gaps to close";
  plan.missing = MissingPolicy::partial;
  complete_by_neighbours(rows, plan, job.context().threads);
  EXPECT_EQ(rows.values(2, 1), 7.0F) << "row 1 is nearest by feature 0";
  EXPECT_EQ(rows.values(3, 0), 1.0F) << "row 0 is nearest by feature 1";
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(rows.values(i, 2), 0.75F) << "nobody has it: the fill";
}

TEST(CompleteRows, FromTheirSegmentKeepIt) {
  const GappedPoints gapped = with_gaps(testing::prepare_points(testing::make_blobs(300, 4, 3, 2)), 0.5, 8);
  const Matrix<float> centroids = first_rows(testing::prepare_points(testing::make_blobs(300, 4, 3, 2)), 3);
  Matrix<float> rows = gapped.points.rows;
  complete_by_segments(rows, centroids);
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    exact::TwoNearest open, complete;
    for (std::int64_t c = 0; c < 3; ++c) {
      const auto number = static_cast<std::int32_t>(c);
      open.offer(number, exact::partial_distance2(gapped.points.rows.row(i).data(), centroids.row(c).data(), 4, 1.0));
      complete.offer(number, exact::reference_distance2(rows.row(i).data(), centroids.row(c).data(), 4));
    }
    ASSERT_EQ(open.first, complete.first);
  }
  Matrix<float> labelled = gapped.points.rows;
  complete_by_segments(labelled, centroids, std::vector<std::int32_t>(300, 2));
  for (std::int64_t i = 0; i < labelled.rows(); ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const float known = gapped.points.rows(i, j);
      ASSERT_EQ(labelled(i, j), std::isnan(known) ? centroids(2, j) : known);
    }
  }
}

}  // namespace
}  // namespace tessera
