// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "analyse/keep_probability.hpp"
#include "analyse/keep_refits.hpp"
#include "support/mixture_fit.hpp"

namespace tessera {
namespace {

constexpr double kMargin = 0.1;

/// Round clouds of equal size about the given centres.
RowCollection clouds(const std::vector<std::array<float, 2>>& centres, int rows_each) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  RowCollection sample(2);
  for (int i = 0; i < rows_each * static_cast<int>(centres.size()); ++i) {
    const auto& centre = centres[static_cast<std::size_t>(i) % centres.size()];
    const std::array<float, 2> value = {centre[0] + static_cast<float>(normal(random)),
                                        centre[1] + static_cast<float>(normal(random))};
    sample.add({0, 10 * i, 1.0}, value);
  }
  return sample;
}

std::optional<KeepProbability> keep_of(const RowCollection& sample, int components, int threads = 1) {
  const MixtureOptions options = {.segments = components, .seed = 1, .restarts = 3};
  const Mixture mixture = testing::fit({sample.values, {}, {}}, options).mixture;
  testing::QuietJob job(threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  return keep_probability(sample, mixture, options, kMargin, *backend, context);
}

TEST(KeepMixture, CustomersOfClearSegmentsKeepThem) {
  const KeepProbability keep = keep_of(clouds({{0, 0}, {10, 0}, {0, 10}}, 200), 3).value();
  EXPECT_EQ(keep.sample_rows, 600);
  EXPECT_EQ(keep.refits, kKeepRefits);
  EXPECT_GT(keep.mean, 0.999);
  ASSERT_EQ(keep.segments.size(), 3U);
  for (const double segment : keep.segments) EXPECT_GT(segment, 0.999);
  EXPECT_LT(keep.below, 0.005);
}

TEST(KeepMixture, CustomersOfACloudCutByForceDoNot) {
  const KeepProbability cut = keep_of(clouds({{0, 0}}, 600), 7).value();
  EXPECT_LT(cut.mean, kKeepLeast);
  EXPECT_GT(cut.below, 0.4);
}

TEST(KeepMixture, CustomersOnABoundaryKeepTheirsLessOften) {
  const KeepProbability keep = keep_of(clouds({{0, 0}, {3.5F, 0}}, 500), 2).value();
  EXPECT_LT(keep.boundary, keep.elsewhere);
  EXPECT_GT(keep.elsewhere, 0.95);
  ASSERT_EQ(keep.pairs.size(), 1U);
  EXPECT_EQ(keep.pairs[0].segment, 0);
  EXPECT_EQ(keep.pairs[0].other, 1);
  EXPECT_EQ(keep.pairs[0].mean, keep.boundary);
}

TEST(KeepMixture, IsTheSameForAnyNumberOfThreads) {
  const RowCollection sample = clouds({{0, 0}, {3, 0}, {0, 3}}, 150);
  const KeepProbability one = keep_of(sample, 3, 1).value(), three = keep_of(sample, 3, 3).value();
  EXPECT_LT(one.mean, 1.0);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.segments, three.segments);
  EXPECT_EQ(one.boundary, three.boundary);
  EXPECT_EQ(one.elsewhere, three.elsewhere);
  EXPECT_EQ(one.below, three.below);
}

TEST(KeepMixture, IsLeftOutWhereItWouldSayNothing) {
  const RowCollection sample = clouds({{0, 0}, {10, 0}, {0, 10}}, 15);
  EXPECT_FALSE(keep_of(sample, 1)) << "one segment";
  EXPECT_FALSE(keep_of(sample, 3)) << "15 rows a segment";
}

TEST(KeepRefits, BootstrapWeightsAreWholeTimesTheWeightsAndOneOnAverage) {
  const RowCollection sample = clouds({{0, 0}}, 2000);
  double total = 0.0;
  for (int number = 0; number < 5; ++number) {
    const std::vector<double> weights = bootstrap_weights(sample, 4, number);
    for (const double weight : weights) {
      EXPECT_EQ(weight, std::floor(weight));
      total += weight / 10'000.0;
    }
    EXPECT_NE(weights, bootstrap_weights(sample, 4, number + 1));
  }
  EXPECT_NEAR(total, 1.0, 0.03);
}

TEST(KeepRefits, MatchesByOverlapAndCountsWhatStays) {
  RowCollection sample = clouds({{0, 0}}, 40);
  std::vector<RowSegment> own(40);
  for (std::size_t i = 0; i < 40; ++i) own[i] = {i < 20 ? 0 : 1, i < 20 ? 1 : 0, i % 20 < 5 ? 0.05 : 0.9};
  ThreadPool pool(2);
  // Numbers are exchanged; in every other refit the five doubtful rows of the first segment change sides.
  const KeepProbability keep = keep_over_refits(
      sample, own, 2, kMargin,
      [&](int number) {
        KeepRefit refit{std::vector<std::int32_t>(40), 2};
        for (std::size_t i = 0; i < 40; ++i) refit.labels[i] = i < 20 && (i >= 5 || number % 2 == 0) ? 1 : 0;
        return refit;
      },
      pool);
  EXPECT_DOUBLE_EQ(keep.segments[0], (15.0 + 5.0 * 0.5) / 20.0);
  EXPECT_DOUBLE_EQ(keep.segments[1], 1.0);
  EXPECT_DOUBLE_EQ(keep.boundary, 0.75);
  EXPECT_DOUBLE_EQ(keep.elsewhere, 1.0);
  EXPECT_DOUBLE_EQ(keep.below, 5.0 / 40.0);
}

}  // namespace
}  // namespace tessera
