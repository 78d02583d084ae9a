// SPDX-License-Identifier: Apache-2.0
#include "prepare/block_moments.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "support/instruction_sets.hpp"

namespace tessera {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Naive {
  long double weight = 0, mean = 0, sd = 0, skew = 0;
};

Naive naive(const std::vector<double>& values, const std::vector<double>& weights) {
  Naive n;
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0L : static_cast<long double>(weights[i]); };
  long double sum = 0, m2 = 0, m3 = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    n.weight += weight(i);
    sum += weight(i) * values[i];
  }
  n.mean = sum / n.weight;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const long double d = values[i] - n.mean;
    m2 += weight(i) * d * d;
    m3 += weight(i) * d * d * d;
  }
  n.sd = sqrtl(m2 / n.weight);
  n.skew = n.sd > 0 ? m3 / n.weight / (n.sd * n.sd * n.sd) : 0;
  return n;
}

Summary blockwise(const std::vector<double>& values, const std::vector<double>& weights, MomentFrame frame) {
  PairwiseSum<Moments> sums;
  for (std::size_t i = 0; i < values.size(); i += kReductionRows) {
    const std::size_t count = std::min<std::size_t>(kReductionRows, values.size() - i);
    sums.push(sum_block({values.data() + i, count},
                        weights.empty() ? std::span<const double>{} : std::span(weights.data() + i, count), frame));
  }
  return summarize(sums.total(), frame);
}

TEST(BlockMoments, AgreeWithLongDoubleOnAwkwardLengths) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> draw(0.0, 1.0);
  for (const std::size_t n : {1U, 2U, 7U, 8U, 9U, 33U, 4095U, 4096U, 4097U, 20'000U}) {
    std::vector<double> values(n), weights(n);
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = i % 17 == 3 ? kNaN : 1e6 + draw(random);
      weights[i] = static_cast<double>(i % 4);
    }
    if (n < 4) weights.assign(n, 1.0);
    for (const auto& used : {std::vector<double>{}, weights}) {
      const Naive expected = naive(values, used);
      const Summary found = blockwise(values, used, make_frame(values[0], 10.0));
      EXPECT_NEAR(found.weight, static_cast<double>(expected.weight), 1e-9);
      EXPECT_NEAR(found.mean, static_cast<double>(expected.mean), 1e-9);
      EXPECT_NEAR(found.sd, static_cast<double>(expected.sd), 1e-10 * (1 + static_cast<double>(expected.sd)));
      EXPECT_NEAR(found.skew, static_cast<double>(expected.skew), 1e-8 * (1 + std::fabs(static_cast<double>(expected.skew))));
    }
  }
}

TEST(BlockMoments, WeightedSumsHaveTheBitsOfTheLanesWrittenOut) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> draw(3.0, 7.0);
  const MomentFrame frame{2.7, 0x1p-4};
  for (const std::size_t n : {1U, 7U, 8U, 9U, 100U, 4096U}) {
    std::vector<double> values(n), weights(n);
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = i % 13 == 5 ? kNaN : draw(random);
      weights[i] = i % 5 == 1 ? 0.0 : std::fabs(draw(random));
    }
    std::array<Moments, 8> lane;
    for (std::size_t i = 0; i < n; ++i) {
      if (std::isnan(values[i])) continue;
      const double d = (values[i] - frame.pivot) * frame.inverse_unit, w = weights[i];
      lane[i % 8] = lane[i % 8] + Moments{w, w * d, w * (d * d), w * (d * d * d)};
    }
    const Moments expected = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
    testing::for_each_instruction_set([&](const std::string& name) {
      const Moments found = sum_block(values, weights, frame);
      EXPECT_EQ(found.weight, expected.weight) << name;
      EXPECT_EQ(found.first, expected.first) << name;
      EXPECT_EQ(found.second, expected.second) << name;
      EXPECT_EQ(found.third, expected.third) << name;
    });
  }
}

TEST(BlockMoments, InfiniteAndMissingCellsCountForNothing) {
  const std::vector<double> values = {1.0, kNaN, 3.0, std::numeric_limits<double>::infinity(),
                                      -std::numeric_limits<double>::infinity()};
  const Summary found = blockwise(values, {}, make_frame(1.0, 2.0));
  EXPECT_EQ(found.weight, 2.0);
  EXPECT_EQ(found.mean, 2.0);
  EXPECT_EQ(found.sd, 1.0);
}

TEST(BlockMoments, TheFrameKeepsExtremesInRange) {
  for (const double magnitude : {1e-310, 1e-300, 1e38, 1e150, 1e300}) {
    const std::vector<double> values = {magnitude, 2 * magnitude, 3 * magnitude, 10 * magnitude};
    const Summary found = blockwise(values, {}, make_frame(values[0], 9 * magnitude));
    EXPECT_NEAR(found.mean / magnitude, 4.0, 1e-9) << magnitude;
    EXPECT_NEAR(found.sd / magnitude, std::sqrt(12.5), 1e-9) << magnitude;
    EXPECT_NEAR(found.skew, 45.0 / std::pow(12.5, 1.5), 1e-9) << magnitude;
  }
}

TEST(BlockMoments, TheUnitOfTheFrameChangesNoBit) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> draw(3.0, 7.0);
  std::vector<double> values(5000);
  for (double& x : values) x = draw(random);
  const Summary one = blockwise(values, {}, {values[0], 1.0});
  const Summary other = blockwise(values, {}, {values[0], 0x1p-7});
  EXPECT_EQ(one.mean, other.mean);
  EXPECT_EQ(one.sd, other.sd);
  EXPECT_EQ(one.skew, other.skew);
}

TEST(BlockMoments, AConstantHasNoSpread) {
  const std::vector<double> values(10'000, 0.1);
  const Summary found = blockwise(values, {}, make_frame(0.1, 0.0));
  EXPECT_EQ(found.mean, 0.1);
  EXPECT_EQ(found.sd, 0.0);
  EXPECT_EQ(found.skew, 0.0);
}

TEST(PairwiseSum, ItsShapeDependsOnTheNumberOfLeavesAlone) {
  // With doubles that do not add up exactly, another shape would give other bits: compare with the tree written out.
  const std::vector<double> x = {0.1, 1e16, -1e16, 0.3, 7.7, 1e-3, 1e5};
  PairwiseSum<double> sums;
  for (const double leaf : x) sums.push(leaf);
  const double expected = ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + x[6]);
  EXPECT_EQ(sums.total(), expected);
  EXPECT_EQ(PairwiseSum<double>{}.total(), 0.0);
}

}  // namespace
}  // namespace tessera
