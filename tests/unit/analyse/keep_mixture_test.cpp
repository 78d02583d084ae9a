// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "analyse/keep_probability.hpp"
#include "analyse/keep_refits.hpp"
#include "keep_cases.hpp"
#include "support/mixture_fit.hpp"

namespace tessera {
namespace {

using testing::Centres;
using testing::kApart;
constexpr double kMargin = testing::kKeepMargin;

RowCollection clouds(const Centres& centres, int rows_each) { return testing::clouds(centres, rows_each, 1.0, {1.0}); }

std::optional<KeepProbability> keep_of(const RowCollection& sample, int components, int threads = 1) {
  const MixtureOptions options = {.segments = components, .seed = 1, .restarts = 3};
  const Mixture mixture = testing::fit({sample.values, {}, {}}, options).mixture;
  testing::QuietJob job(threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu"}, context);
  return keep_probability(sample, mixture, options, kMargin, *backend, context);
}

TEST(KeepMixture, CustomersOfClearSegmentsKeepThem) { testing::expect_kept(keep_of(clouds(kApart, 200), 3).value()); }

TEST(KeepMixture, CustomersOfACloudCutByForceDoNot) {
  const KeepProbability cut = keep_of(clouds({{0, 0}}, 600), 7).value();
  EXPECT_LT(cut.mean, kKeepLeast);
  EXPECT_GT(cut.below, 0.4);
}

TEST(KeepMixture, CustomersOnABoundaryKeepTheirsLessOften) {
  testing::expect_doubt_at_the_boundary(keep_of(clouds({{0, 0}, {3.5F, 0}}, 500), 2).value());
}

TEST(KeepMixture, IsTheSameForAnyNumberOfThreads) {
  const RowCollection sample = clouds({{0, 0}, {3, 0}, {0, 3}}, 150);
  const KeepProbability one = keep_of(sample, 3, 1).value(), three = keep_of(sample, 3, 3).value();
  EXPECT_LT(one.mean, 1.0);
  testing::expect_equal(one, three);
}

TEST(KeepMixture, IsLeftOutWhereItWouldSayNothing) {
  const RowCollection sample = clouds(kApart, 15);
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
