// SPDX-License-Identifier: Apache-2.0
// Which rows a pass of a series need not look at, as a device finds out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "support/host_kernels.hpp"
#include "tessera/backend.hpp"
#include "tessera/matrix.hpp"

namespace tessera::kernels {
namespace {

Matrix<float> moved(const Matrix<float>& centroids, float size, std::mt19937_64& random) {
  std::normal_distribution<float> bell;
  Matrix<float> next = centroids;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) {
    if (random() % 3 == 0) continue;  // some stand still
    for (float& value : next.row(c)) value += size * bell(random);
  }
  return next;
}

long double distance(std::span<const float> a, std::span<const float> b) {
  long double square = 0.0L;
  for (std::size_t j = 0; j < a.size(); ++j) {
    const long double difference = static_cast<long double>(a[j]) - static_cast<long double>(b[j]);
    square += difference * difference;
  }
  return std::sqrt(square);
}

/// The own move and the farthest of any other, added up.
TEST(CudaSettled, DriftIsThatOfPlainLoops) {
  std::mt19937_64 random(1);
  for (const std::int64_t k : {1, 2, 7, 8, 9, 255, 256, 257, 700}) {
    for (const std::int64_t d : {1, 31, 32, 33, 100}) {
      for (const bool backwards : {false, true}) {
        Matrix<float> now(k, d);
        for (std::int64_t i = 0; i < k * d; ++i) now.data()[i] = static_cast<float>(random() % 1000);
        Matrix<float> before = now;
        const auto size = static_cast<std::size_t>(k);
        std::vector<double> moves(size, -1.0), drift(size);
        std::vector<float> lower(size), upper(size);
        std::vector<long double> want(size);
        for (const float step : {1.0F, 0.0F, 1e-6F, 100.0F}) {
          const Matrix<float> next = moved(now, step, random);
          for (std::int64_t c = 0; c < k; ++c) {
            long double farthest = 0.0L;
            for (std::int64_t other = 0; other < k; ++other) {
              if (other != c) farthest = std::max(farthest, distance(now.row(other), next.row(other)));
            }
            want[static_cast<std::size_t>(c)] += distance(now.row(c), next.row(c)) + farthest;
          }
          now = next;
          const DriftArguments arguments{now.data(),
                                         before.data(),
                                         moves.data(),
                                         drift.data(),
                                         lower.data(),
                                         upper.data(),
                                         static_cast<std::int32_t>(k),
                                         static_cast<std::int32_t>(d)};
          testing::run_measure_moves(arguments, backwards);
          testing::run_add_drift(arguments, backwards);
          ASSERT_TRUE(before == now);
          for (std::size_t c = 0; c < size; ++c) {
            ASSERT_GE(static_cast<long double>(upper[c]), want[c]);
            ASSERT_LE(static_cast<double>(lower[c]), drift[c]);
            ASSERT_NEAR(static_cast<double>(lower[c]), static_cast<double>(want[c]), 1e-6 * static_cast<double>(want[c]));
            ASSERT_NEAR(static_cast<double>(upper[c]), static_cast<double>(want[c]), 1e-6 * static_cast<double>(want[c]));
          }
        }
      }
    }
  }
}

TEST(CudaSettled, ListsWhatPlainLoopsDo) {
  std::mt19937_64 random(2);
  constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> drift = {0.0F, 1.0F, 2.0F};
  for (const std::int32_t n : {1, 255, 256, 257, 2047, 2048, 2049, 10000}) {
    for (const unsigned share : {0U, 1U, 50U, 99U, 100U}) {
      const auto size = static_cast<std::size_t>(n);
      std::vector<std::int32_t> label(size), list(size, -7), want;
      std::vector<float> slack(size);
      std::vector<std::uint8_t> flags(size);
      for (std::size_t i = 0; i < size; ++i) {
        label[i] = static_cast<std::int32_t>(random() % 4) - 1;
        const float limit = label[i] < 0 ? 0.0F : drift[static_cast<std::size_t>(label[i])];
        const bool open = random() % 100 < share;
        slack[i] = !open ? limit + 0.25F : random() % 3 == 0 ? kNotANumber : limit;
        flags[i] = random() % 10 == 0 ? kFlagRejected : 0;
        if (flags[i] == 0 && (label[i] < 0 || open)) want.push_back(static_cast<std::int32_t>(i));
      }
      for (const bool backwards : {false, true}) {
        std::int32_t count = 0;
        const Slab slab{.rows = nullptr, .weights = nullptr, .flags = flags.data(), .first_row = 0, .n = n, .d = 1};
        std::int64_t all = 5;
        testing::run_list_unsettled({slab, label.data(), slack.data(), drift.data(), {list.data(), &count}, &all}, backwards);
        ASSERT_EQ(all, 5 + count);
        std::vector<std::int32_t> got(list.begin(), list.begin() + count);
        std::ranges::sort(got);
        ASSERT_EQ(got, want) << n << ", " << share;
      }
    }
  }
}

}  // namespace
}  // namespace tessera::kernels
