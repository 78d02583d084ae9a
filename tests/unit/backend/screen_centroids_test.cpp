// SPDX-License-Identifier: Apache-2.0
#include "backend/screen_centroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tessera {
namespace {

Matrix<float> centroids_of_lengths(const std::vector<float>& lengths) {
  Matrix<float> centroids(static_cast<std::int64_t>(lengths.size()), 3);
  for (std::size_t c = 0; c < lengths.size(); ++c) {
    for (std::int64_t j = 0; j < 3; ++j) centroids(static_cast<std::int64_t>(c), j) = lengths[c] * static_cast<float>(j + 1);
  }
  return centroids;
}

TEST(ScreenCentroids, PacksEveryCentroidOnce) {
  const Matrix<float> centroids = centroids_of_lengths({5, 1, 4, 2, 3, 1, 100, 0, 1e5F, 2, 2});
  for (const std::int64_t tile : {1, 4, 8}) {
    const ScreenCentroids screen = make_screen_centroids(centroids.view(), tile);
    std::vector<int> seen(static_cast<std::size_t>(centroids.rows()));
    for (std::int64_t place = 0; place < screen.blocks() * tile; ++place) {
      const std::int32_t c = screen.place_centroid[static_cast<std::size_t>(place)];
      if (c < 0) {
        EXPECT_EQ(screen.packed_start[static_cast<std::size_t>(place)], -std::numeric_limits<float>::infinity());
        continue;
      }
      ++seen[static_cast<std::size_t>(c)];
      EXPECT_LE(screen.norm[static_cast<std::size_t>(c)], screen.block_norm[static_cast<std::size_t>(place / tile)]);
      for (std::int64_t j = 0; j < 3; ++j) {
        EXPECT_EQ(screen.packed[static_cast<std::size_t>((place / tile * 3 + j) * tile + place % tile)], centroids(c, j));
      }
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), centroids.rows());
  }
}

TEST(ScreenCentroids, CentroidsOfOneMagnitudeFillTheirBlocks) {
  const ScreenCentroids screen = make_screen_centroids(centroids_of_lengths(std::vector<float>(17, 2.0F)).view(), 8);
  EXPECT_EQ(screen.blocks(), 3);
}

TEST(ScreenCentroids, AnOutlierHasABlockOfItsOwn) {
  std::vector<float> lengths(15, 2.0F);
  lengths.push_back(1e4F);
  const ScreenCentroids screen = make_screen_centroids(centroids_of_lengths(lengths).view(), 8);
  EXPECT_EQ(std::count_if(screen.block_norm.begin(), screen.block_norm.end(), [](float norm) { return norm < 10.0F; }), 2);
  EXPECT_EQ(screen.blocks(), 3);
}

TEST(ScreenCentroids, OnlySafeRowsAreScreened) {
  EXPECT_TRUE(screen_is_safe(1.0F, 1e6F));
  EXPECT_FALSE(screen_is_safe(1e19F, 1.0F));
  EXPECT_FALSE(screen_is_safe(1.0F, std::numeric_limits<float>::infinity()));
  EXPECT_FALSE(screen_is_safe(std::numeric_limits<float>::quiet_NaN(), 1.0F));
}

}  // namespace
}  // namespace tessera
