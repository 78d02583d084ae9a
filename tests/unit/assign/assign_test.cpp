// SPDX-License-Identifier: Apache-2.0
#include "assign/assign.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/registry.hpp"
#include "comm/thread_ranks.hpp"
#include "exact/distance.hpp"
#include "support/prepared_points.hpp"

namespace tessera {
namespace {

using testing::PreparedPoints;
using testing::QuietJob;

/// Keeps everything, checks that runs arrive in order.
class MemorySink final : public RowSink {
 public:
  void write(const AssignedRows& rows) override {
    EXPECT_EQ(rows.first_row, static_cast<std::int64_t>(segment.size()));
    segment.insert(segment.end(), rows.segment.begin(), rows.segment.end());
    runner_up.insert(runner_up.end(), rows.runner_up.begin(), rows.runner_up.end());
    distance.insert(distance.end(), rows.distance.begin(), rows.distance.end());
    margin.insert(margin.end(), rows.margin.begin(), rows.margin.end());
    flags.insert(flags.end(), rows.flags.begin(), rows.flags.end());
  }
  std::vector<std::int32_t> segment, runner_up;
  std::vector<float> distance, margin;
  std::vector<std::uint8_t> flags;
};

Model model_of(const PreparedPoints& points, std::vector<std::int64_t> centroid_rows) {
  Model model;
  model.plan = points.plan;
  model.centroids = Matrix<float>(static_cast<std::int64_t>(centroid_rows.size()), points.rows.columns());
  for (std::size_t c = 0; c < centroid_rows.size(); ++c) {
    std::ranges::copy(points.rows.row(centroid_rows[c]), model.centroids.row(static_cast<std::int64_t>(c)).begin());
  }
  model.outlier_distance = std::numeric_limits<float>::infinity();
  return model;
}

struct Assigned {
  MemorySink sink;
  AssignSummary summary;
};

Assigned run(const PreparedPoints& points, const Model& model, std::span<const std::uint8_t> flags = {}, int threads = 1,
             std::int64_t chunk_rows = 0) {
  QuietJob job(threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, flags, chunk_rows, context);
  SoloCommunicator comm;
  Assigned result;
  result.summary = assign(*feeder, *backend, comm, model, result.sink);
  return result;
}

TEST(Assign, PublishesReferenceDistancesAndMargins) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(1000, 3, 5, 4));
  const Model model = model_of(points, {0, 1, 2, 9});
  const Assigned result = run(points, model);
  for (std::int64_t i = 0; i < 1000; ++i) {
    exact::TwoNearest two;
    for (std::int32_t c = 0; c < 4; ++c)
      two.offer(c, exact::reference_distance2(points.rows.row(i).data(), model.centroids.row(c).data(), 3));
    const auto row = static_cast<std::size_t>(i);
    const double d1 = std::sqrt(two.first_distance2);
    const double d2 = std::sqrt(two.second_distance2);
    EXPECT_EQ(result.sink.segment[row], two.first);
    EXPECT_EQ(result.sink.runner_up[row], two.second);
    EXPECT_EQ(result.sink.distance[row], static_cast<float>(d1));
    EXPECT_EQ(result.sink.margin[row], static_cast<float>((d2 - d1) / (d2 + d1)));
    EXPECT_EQ((result.sink.flags[row] & kFlagBoundary) != 0, (d2 - d1) / (d2 + d1) < 0.1);
  }
  const auto boundary = std::ranges::count_if(result.sink.flags, [](std::uint8_t flag) { return (flag & kFlagBoundary) != 0; });
  EXPECT_EQ(result.summary.boundary, boundary);
  EXPECT_EQ(result.summary.rows, 1000);
}

TEST(Assign, RejectedRowsStayInPlace) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(10, 2, 2, 4));
  std::vector<std::uint8_t> flags(10, 0);
  flags[3] = kFlagRejected;
  flags[5] = kFlagIncomplete;
  const Assigned result = run(points, model_of(points, {0, 1}), flags);
  ASSERT_EQ(result.sink.segment.size(), 10U);
  EXPECT_EQ(result.sink.segment[3], -1);
  EXPECT_EQ(result.sink.runner_up[3], -1);
  EXPECT_TRUE(std::isnan(result.sink.distance[3]));
  EXPECT_TRUE(std::isnan(result.sink.margin[3]));
  EXPECT_EQ(result.sink.flags[3], kFlagRejected);
  EXPECT_NE(result.sink.flags[5] & kFlagIncomplete, 0);
  EXPECT_EQ(result.summary.rejected, 1);
  EXPECT_EQ(result.summary.incomplete, 1);
  EXPECT_EQ(result.summary.segment_rows[0] + result.summary.segment_rows[1], 9);
}

TEST(Assign, OneSegmentHasNoRunnerUp) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(50, 2, 2, 4));
  const Assigned result = run(points, model_of(points, {0}));
  EXPECT_TRUE(std::ranges::all_of(result.sink.runner_up, [](std::int32_t c) { return c == -1; }));
  EXPECT_TRUE(std::ranges::all_of(result.sink.margin, [](float margin) { return margin == 1.0F; }));
  EXPECT_TRUE(std::isnan(result.summary.simplified_silhouette));
}

TEST(Assign, SameBitsForThreadsChunksAndRanks) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(30000, 2, 6, 4));
  const Model model = model_of(points, {0, 1, 2, 3});
  const Assigned one = run(points, model);
  for (const int threads : {2, 7}) {
    const Assigned other = run(points, model, {}, threads, 8192);
    EXPECT_EQ(one.sink.segment, other.sink.segment);
    EXPECT_EQ(one.sink.margin, other.sink.margin);
    EXPECT_EQ(one.summary.simplified_silhouette, other.summary.simplified_silhouette);
  }
}

TEST(DistanceQuantile, HoldsTheShareAskedForAndLittleMore) {
  const PreparedPoints points = testing::prepare_points(testing::make_blobs(20000, 2, 3, 4));
  const Model model = model_of(points, {0, 1, 2});
  const Assigned assigned = run(points, model);
  std::vector<float> sorted = assigned.sink.distance;
  std::ranges::sort(sorted);
  std::vector<double> distance2;
  for (const float distance : assigned.sink.distance) {
    distance2.push_back(static_cast<double>(distance) * static_cast<double>(distance));
  }
  SoloCommunicator comm;
  const auto found_at = [&](double share) {
    DistanceQuantile distances;
    for (std::int64_t first = 0; first < 20000; first += 5000) {
      distances({.first_row = first, .rows = points.rows.view().slice(first, 5000), .weights = {}, .flags = {}},
                {.segment = {},
                 .distance2 = std::span(distance2).subspan(static_cast<std::size_t>(first), 5000),
                 .runner_up = {},
                 .runner_up_distance2 = {}});
    }
    return distances.quantile(share, comm);
  };
  for (const double quantile : {0.5, 0.9, 0.999}) {
    const float found = found_at(quantile);
    const float exact = sorted[static_cast<std::size_t>(std::ceil(quantile * 20000.0)) - 1];
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * (1.0F + 1.0F / 2048.0F));
  }
  EXPECT_TRUE(std::isinf(found_at(1.0)));
}

TEST(Assign, FlagsRowsBeyondTheOutlierDistance) {
  Matrix<double> values = testing::make_blobs(100, 2, 2, 4);
  values(7, 0) = 500.0;
  const PreparedPoints points = testing::prepare_points(values);
  Model model = model_of(points, {0, 1});
  model.outlier_distance = 100.0F;
  const Assigned result = run(points, model);
  EXPECT_EQ(result.summary.outliers, 1);
  EXPECT_NE(result.sink.flags[7] & kFlagOutlier, 0);
}

}  // namespace
}  // namespace tessera
