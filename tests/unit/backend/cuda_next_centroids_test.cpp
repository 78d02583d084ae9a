// SPDX-License-Identifier: Apache-2.0
// The step from one iteration to the next, as a device makes it: exact means, and what the screens want of them.
#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <vector>

#include "backend/cuda/framed_centroids.hpp"
#include "exact/lloyd_update.hpp"
#include "support/host_kernels.hpp"

namespace tessera::cuda {
namespace {

struct Step {
  std::int64_t k, d, tile;
  int tensor_steps;
};

class CudaNextCentroids : public ::testing::TestWithParam<Step> {};

TEST_P(CudaNextCentroids, AreTheMeansPackedAsTheHostWould) {
  const std::int64_t k = GetParam().k, d = GetParam().d, tile = GetParam().tile;
  const int steps = GetParam().tensor_steps;
  std::mt19937_64 random(static_cast<std::uint64_t>(k * 1000 + d));
  std::normal_distribution<float> bell;
  Matrix<float> centroids(k, d);
  for (std::int64_t i = 0; i < k * d; ++i) centroids.data()[i] = 3.0F + bell(random);
  const Frame frame = frame_around(centroids.view());
  const FramedCentroids before(centroids.view(), frame, tile);

  // Sums of segments of some weight; the second one has no rows.
  std::vector<int> exponents;
  for (std::int64_t j = 0; j < d; ++j) exponents.push_back(-40 + static_cast<int>(j % 3));
  constexpr int kWeightExponent = -10;
  std::vector<Int128> totals;
  for (std::int64_t c = 0; c < k; ++c) {
    const Int128 weight = c == 1 ? 0 : Int128{1 + static_cast<std::int64_t>(random() % 100000)} << 10;
    for (std::int64_t j = 0; j < d; ++j) {
      const auto unit = static_cast<double>(exponents[static_cast<std::size_t>(j)]);
      const double sum = (3.0 + static_cast<double>(bell(random))) * static_cast<double>(weight) * std::exp2(-10.0 - unit);
      totals.push_back(static_cast<Int128>(sum));
    }
    totals.push_back(weight);
    totals.push_back(7);
  }
  Matrix<float> want = centroids;
  for (std::int64_t c = 0; c < k; ++c) {
    const Int128* segment = totals.data() + c * (d + 2);
    if (segment[d] > 0) exact::lloyd_update(segment, segment[d], exponents.data(), kWeightExponent, d, want.row(c).data());
  }

  for (const bool backwards : {false, true}) {
    Matrix<float> next = centroids;
    std::vector<float> packed = before.screen().packed, start = before.screen().packed_start;
    std::vector<float> norm(before.screen().block_norm.size(), -1.0F);
    float largest_norm = 1e30F;
    std::vector<std::uint32_t> tiles = steps > 0 ? before.tensor_tiles(steps) : std::vector<std::uint32_t>{};
    Matrix<float> sent(k, d);
    kernels::RowCounts rows{3, 4};
    testing::run_next_centroids({.from = {.totals = totals.data(),
                                          .feature_exponent = exponents.data(),
                                          .weight_exponent = kWeightExponent,
                                          .host_centroids = sent.data(),
                                          .rows = &rows},
                                 .frame = {frame.offset.data(), frame.scale},
                                 .place_centroid = before.screen().place_centroid.data(),
                                 .centroids = next.data(),
                                 .packed = packed.data(),
                                 .start = start.data(),
                                 .block_norm = norm.data(),
                                 .largest_norm = &largest_norm,
                                 .tiles = tiles.data(),
                                 .tensor_bound = before.tensor_bound(steps),
                                 .tensor_steps = steps,
                                 .k = static_cast<std::int32_t>(k),
                                 .d = static_cast<std::int32_t>(d),
                                 .blocks = static_cast<std::int32_t>(before.screen().blocks()),
                                 .tile = static_cast<std::int32_t>(tile)},
                                backwards);
    ASSERT_TRUE(next == want);
    ASSERT_TRUE(sent == want);
    ASSERT_EQ(rows.reference + rows.unsettled, 0);

    // What the host makes of them, centroid by centroid: its places may be others.
    const FramedCentroids after(want.view(), frame, tile);
    const ScreenCentroids& host = after.screen();
    EXPECT_EQ(largest_norm, host.largest_norm);
    const std::vector<std::uint32_t> host_tiles = steps > 0 ? after.tensor_tiles(steps) : std::vector<std::uint32_t>{};
    std::vector<float> host_norm(norm.size()), host_rest(norm.size());
    for (std::int64_t place = 0; place < std::ssize(start); ++place) {
      const std::int32_t c = before.screen().place_centroid[static_cast<std::size_t>(place)];
      if (c < 0) {
        EXPECT_EQ(start[static_cast<std::size_t>(place)], -INFINITY);
        continue;
      }
      const auto found = std::ranges::find(host.place_centroid, c);
      ASSERT_NE(found, host.place_centroid.end());
      const std::int64_t there = found - host.place_centroid.begin();
      EXPECT_EQ(start[static_cast<std::size_t>(place)], host.packed_start[static_cast<std::size_t>(there)]);
      for (std::int64_t j = 0; j < d; ++j) {
        ASSERT_EQ(packed[static_cast<std::size_t>((place / tile * d + j) * tile + place % tile)],
                  host.packed[static_cast<std::size_t>((there / tile * d + j) * tile + there % tile)]);
      }
      const auto block = static_cast<std::size_t>(place / tile);
      host_norm[block] = std::max(host_norm[block], host.norm[static_cast<std::size_t>(c)]);
      const auto word = [&](const std::vector<std::uint32_t>& words, std::int64_t at, int four, std::int64_t i) {
        const std::int64_t first =
            kernels::tensor_word(steps, static_cast<int>(tile), at / tile, static_cast<int>(at % tile), four);
        return words[static_cast<std::size_t>(first + i)];
      };
      for (int four = 0; four < steps * 4; ++four) {
        for (const std::int64_t i : {0, 1}) ASSERT_EQ(word(tiles, place, four, i), word(host_tiles, there, four, i));
      }
      if (steps == 0) continue;
      const Matrix<float> alone = [&] {
        Matrix<float> one(1, d);
        std::ranges::copy(std::as_const(want).row(c), one.row(0).begin());
        return one;
      }();
      host_rest[block] = std::max(host_rest[block], FramedCentroids(alone.view(), frame, tile).tensor_rests().front());
      const auto start_word = [&](std::int64_t at) {
        return static_cast<std::size_t>(
            kernels::tensor_start_word(steps, static_cast<int>(tile), at / tile, static_cast<int>(at % tile)));
      };
      EXPECT_EQ(tiles[start_word(place)], host_tiles[start_word(there)]);
      EXPECT_EQ(tiles[start_word(place) + 2], host_tiles[start_word(there)]);
    }
    EXPECT_EQ(norm, host_norm);
    for (std::size_t block = 0; steps > 0 && block < norm.size(); ++block) {
      const auto bound = before.tensor_bound(steps).of(host_norm[block], host_rest[block]);
      const std::int64_t first = kernels::tensor_bound_word(steps, static_cast<int>(tile), static_cast<std::int64_t>(block));
      const auto number = [&](std::int64_t i) { return std::bit_cast<float>(tiles[static_cast<std::size_t>(first + i)]); };
      EXPECT_EQ(number(0), bound.norm);
      EXPECT_EQ(number(1), bound.rest);
      EXPECT_EQ(number(2), bound.square);
      EXPECT_EQ(number(3), bound.constant);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CudaNextCentroids,
                         ::testing::Values(Step{2, 1, 16, 1}, Step{5, 3, 16, 1}, Step{16, 17, 16, 2}, Step{33, 20, 64, 2},
                                           Step{64, 64, 64, 4}, Step{200, 50, 64, 4}, Step{70, 128, 64, 8},
                                           Step{70, 130, 64, 0}, Step{9, 130, 16, 0}));

}  // namespace
}  // namespace tessera::cuda
