// SPDX-License-Identifier: Apache-2.0
// What the probability to keep a segment must be like, however segments are found.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "analyse/keep_probability.hpp"

namespace tessera::testing {

inline constexpr double kKeepMargin = 0.1;

using Centres = std::vector<std::array<float, 2>>;
inline const Centres kApart = {{0, 0}, {10, 0}, {0, 10}};

/// Round clouds of equal size about the given centres, their rows of the given weights in turn.
inline RowCollection clouds(const Centres& centres, int rows_each, double spread, const std::vector<double>& weights) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(0.0, spread);
  RowCollection sample(2);
  for (int i = 0; i < rows_each * static_cast<int>(centres.size()); ++i) {
    const auto& centre = centres[static_cast<std::size_t>(i) % centres.size()];
    const std::array<float, 2> value = {centre[0] + static_cast<float>(normal(random)),
                                        centre[1] + static_cast<float>(normal(random))};
    sample.add({0, 10 * i, weights[static_cast<std::size_t>(i) % weights.size()]}, value);
  }
  return sample;
}

/// Of 600 rows in three clouds far apart.
inline void expect_kept(const KeepProbability& keep) {
  EXPECT_EQ(keep.sample_rows, 600);
  EXPECT_EQ(keep.refits, 20);
  EXPECT_GT(keep.mean, 0.999);
  ASSERT_EQ(keep.segments.size(), 3U);
  for (const double segment : keep.segments) EXPECT_GT(segment, 0.999);
  EXPECT_LT(keep.below, 0.005);
}

/// Of two clouds that touch.
inline void expect_doubt_at_the_boundary(const KeepProbability& keep) {
  EXPECT_LT(keep.boundary, keep.elsewhere);
  EXPECT_GT(keep.elsewhere, 0.95);
  ASSERT_EQ(keep.pairs.size(), 1U);
  EXPECT_EQ(keep.pairs[0].segment, 0);
  EXPECT_EQ(keep.pairs[0].other, 1);
  EXPECT_EQ(keep.pairs[0].mean, keep.boundary);
}

inline void expect_equal(const KeepProbability& one, const KeepProbability& other) {
  EXPECT_EQ(one.mean, other.mean);
  EXPECT_EQ(one.segments, other.segments);
  EXPECT_EQ(one.boundary, other.boundary);
  EXPECT_EQ(one.elsewhere, other.elsewhere);
  EXPECT_EQ(one.below, other.below);
}

}  // namespace tessera::testing
