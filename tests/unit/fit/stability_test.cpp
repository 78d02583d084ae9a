// SPDX-License-Identifier: Apache-2.0
#include "fit/stability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "calibrate/null_families.hpp"
#include "fit/row_subset.hpp"
#include "fit/segmentation_path.hpp"

namespace tessera {
namespace {

std::vector<double> ones(std::int64_t n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }

std::vector<std::vector<std::int32_t>> labelings_of(const WeightedPoints& data, int largest) {
  std::vector<std::vector<std::int32_t>> labelings;
  for (const PointClustering& clustering : segmentation_path(data, largest, 1, 0)) labelings.push_back(clustering.labels);
  return labelings;
}

TEST(Stability, OfClearBlobsIsOneAndOfNoneIsLow) {
  const std::vector<double> weights = ones(300);
  const auto blobs = calibrate::blob_table(3, 300, 2, 8.0, 1).rows;
  const auto noise = calibrate::null_table("gaussian", 300, 10, 1).rows;
  const WeightedPoints clear{blobs.view(), weights}, none{noise.view(), weights};
  const auto of_blobs = labelings_of(clear, 5), of_noise = labelings_of(none, 5);
  double clear_mean = 0.0, noise_mean = 0.0;
  for (int number = 0; number < 6; ++number) {
    const std::vector<double> agreement = half_sample_agreement(clear, of_blobs, 1, number);
    ASSERT_EQ(agreement.size(), 5U);
    EXPECT_EQ(agreement[0], 1.0);
    clear_mean += agreement[2] / 6;
    noise_mean += half_sample_agreement(none, of_noise, 1, number)[2] / 6;
  }
  EXPECT_GT(clear_mean, 0.97);
  EXPECT_LT(noise_mean, 0.5);
}

TEST(RandomOrder, IsAPermutationThatDependsOnSeedAndDraw) {
  const auto order = random_order(100, 1, 0);
  auto sorted = order;
  std::ranges::sort(sorted);
  std::vector<std::int64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
  EXPECT_NE(order, all);
  EXPECT_EQ(order, random_order(100, 1, 0));
  EXPECT_NE(order, random_order(100, 2, 0));
  EXPECT_NE(order, random_order(100, 1, 1));
}

TEST(SegmentationPath, FallsAndIsWhatItSays) {
  const auto rows = calibrate::null_table("mixed", 200, 5, 1).rows;
  const std::vector<double> weights = ones(200);
  const auto path = segmentation_path({rows.view(), weights}, 8, 1, 0);
  ASSERT_EQ(path.size(), 8U);
  for (std::size_t k = 0; k < 8; ++k) {
    EXPECT_EQ(path[k].centroids.rows(), static_cast<std::int64_t>(k) + 1);
    if (k > 0) {
      EXPECT_LT(path[k].inertia, path[k - 1].inertia);
    }
    double inertia = 0.0;
    for (std::int64_t i = 0; i < 200; ++i) {
      for (std::int64_t j = 0; j < rows.columns(); ++j) {
        const double difference =
            static_cast<double>(rows(i, j)) - path[k].centroids(path[k].labels[static_cast<std::size_t>(i)], j);
        inertia += difference * difference;
      }
    }
    EXPECT_NEAR(inertia, path[k].inertia, 1e-10 * inertia);
  }
}

TEST(SegmentationPath, IsNearlyAsGoodAsRestarts) {
  const std::vector<double> weights = ones(400);
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    const auto rows = calibrate::blob_table(8, 400, 3, 6.0, number).rows;
    PointClusteringOptions options;
    options.segments = 8;
    const double best = cluster_points({rows.view(), weights}, options).inertia;
    EXPECT_LE(segmentation_path({rows.view(), weights}, 8, 1, 0)[7].inertia, 1.01 * best);
  }
}

TEST(SegmentationPath, RepeatsTheLastWhereDistinctRowsRunOut) {
  Matrix<float> rows(6, 1);
  for (std::int64_t i = 0; i < 6; ++i) rows(i, 0) = static_cast<float>(i % 2);
  const auto path = segmentation_path({rows.view(), ones(6)}, 4, 1, 0);
  ASSERT_EQ(path.size(), 4U);
  EXPECT_EQ(path[1].inertia, 0.0);
  EXPECT_EQ(path[3].centroids.rows(), 2);
}

}  // namespace
}  // namespace tessera
