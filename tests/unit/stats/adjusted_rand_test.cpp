// SPDX-License-Identifier: Apache-2.0
#include "stats/adjusted_rand.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/silhouette_oracle.hpp"

namespace tessera::stats {
namespace {

using Labels = std::vector<std::int32_t>;

TEST(AdjustedRand, AgreesWithScikitLearn) {
  const auto oracle = testing::read_silhouette_oracle();
  EXPECT_NEAR(adjusted_rand_index(oracle.label, oracle.other), oracle.scores.at("rand"), 1e-14);
  EXPECT_NEAR(adjusted_rand_index(oracle.label, oracle.other, oracle.weights), oracle.scores.at("rand_weighted"), 1e-14);
}

TEST(AdjustedRand, NamesOfLabelsDoNotMatter) {
  const Labels first = {0, 0, 1, 1, 2, 2};
  const Labels renamed = {5, 5, 0, 0, 3, 3};
  EXPECT_EQ(adjusted_rand_index(first, renamed), 1.0);
  const Labels other = {0, 1, 1, 0, 2, 2};
  EXPECT_EQ(adjusted_rand_index(first, other), adjusted_rand_index(other, renamed));
}

TEST(AdjustedRand, TrivialPartitionsAgree) {
  EXPECT_EQ(adjusted_rand_index(Labels{0, 0, 0}, Labels{0, 0, 0}), 1.0);
  EXPECT_EQ(adjusted_rand_index(Labels{0, 1, 2}, Labels{2, 0, 1}), 1.0);
  EXPECT_EQ(adjusted_rand_index(Labels{}, Labels{}), 1.0);
  EXPECT_EQ(adjusted_rand_index(Labels{0}, Labels{0}), 1.0);
}

TEST(AdjustedRand, OneGroupTellsNothingOfTwo) { EXPECT_EQ(adjusted_rand_index(Labels{0, 0, 0, 0}, Labels{0, 0, 1, 1}), 0.0); }

TEST(AdjustedRand, WeightsAreRowsRepeated) {
  const Labels first = {0, 0, 1, 2}, second = {0, 1, 1, 2};
  const std::vector<double> weights = {3, 1, 2, 4};
  const Labels first_repeated = {0, 0, 0, 0, 1, 1, 2, 2, 2, 2}, second_repeated = {0, 0, 0, 1, 1, 1, 2, 2, 2, 2};
  EXPECT_DOUBLE_EQ(adjusted_rand_index(first, second, weights), adjusted_rand_index(first_repeated, second_repeated));
}

}  // namespace
}  // namespace tessera::stats
