// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/mixture_pass.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "support/mixture_cases.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using testing::Answer;
using testing::expect_naive;
using testing::expect_same;
using testing::make_mixture;
using testing::make_rows;
using testing::Rows;
using testing::run;

using testing::add_gaps;
using testing::add_levels;
using testing::add_weights;
using testing::make_categories;
using testing::make_mixed;

struct Shape {
  std::int64_t n, d, k;
};

class MixturePass : public ::testing::TestWithParam<Covariance> {};

INSTANTIATE_TEST_SUITE_P(Covariances, MixturePass,
                         ::testing::Values(Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(MixturePass, EqualsTheFormula) {
  for (const Shape& shape : {Shape{200, 1, 1}, Shape{90, 2, 3}, Shape{300, 5, 4}, Shape{130, 9, 11}, Shape{64, 16, 8}}) {
    for (const bool weighted : {false, true}) {
      for (const SecondMoments moments : {SecondMoments::none, SecondMoments::variances, SecondMoments::covariances}) {
        SCOPED_TRACE(::testing::Message() << shape.d << " features, " << shape.k << " components, weighted " << weighted);
        Rows rows = make_rows(shape.n, shape.d, 3);
        if (weighted) add_weights(rows);
        const Mixture mixture = make_mixture(GetParam(), shape.k, shape.d, 4);
        expect_naive(run(rows, mixture, moments, "auto", 1, 4096, true), rows, mixture, moments);
      }
    }
  }
}

TEST_P(MixturePass, SameBitsForLevelsThreadsChunksAndOutputs) {
  for (const Shape& shape : {Shape{40000, 3, 2}, Shape{9001, 7, 5}, Shape{4500, 17, 9}}) {
    Rows rows = make_rows(shape.n, shape.d, 5);
    add_weights(rows);
    const Mixture mixture = make_mixture(GetParam(), shape.k, shape.d, 6);
    const Answer plain = run(rows, mixture, SecondMoments::covariances, "eigen", 1, 4096, true);
    for (const CpuLevel& level : supported_cpu_levels()) {
      for (const int threads : {1, 2, 7}) {
        SCOPED_TRACE(level.name + ", threads " + std::to_string(threads));
        expect_same(plain, run(rows, mixture, SecondMoments::covariances, level.name, threads, 4096 * threads, true));
        const Answer sums = run(rows, mixture, SecondMoments::covariances, level.name, threads, 1 << 20, false);
        EXPECT_EQ(plain.sums.second, sums.sums.second);
        EXPECT_EQ(plain.sums.log_likelihood, sums.sums.log_likelihood);
      }
    }
  }
}

struct Mixed {
  Rows rows;
  Mixture mixture;
};

/// Rows with gaps and, if there is room, categories.
Mixed make_gappy(Covariance covariance, const Shape& shape, bool categories, bool weighted) {
  Mixed mixed{make_rows(shape.n, shape.d, 13), {}};
  const std::vector<CategoryBlock> blocks = categories ? make_categories(shape.d) : std::vector<CategoryBlock>{};
  add_levels(mixed.rows, blocks, 14);
  add_gaps(mixed.rows, number_features(shape.d, blocks), 0.15, 15);
  if (weighted) add_weights(mixed.rows);
  mixed.mixture = make_mixed(covariance, shape.k, shape.d, blocks, 16);
  return mixed;
}

TEST_P(MixturePass, CategoriesAndMissingNumbersEqualTheFormulas) {
  for (const Shape& shape : {Shape{150, 6, 1}, Shape{200, 7, 3}, Shape{130, 12, 5}, Shape{60, 5, 2}}) {
    for (const bool categories : {false, true}) {
      for (const SecondMoments moments : {SecondMoments::none, SecondMoments::variances, SecondMoments::covariances}) {
        SCOPED_TRACE(::testing::Message() << shape.d << " features, " << shape.k << " components, categories " << categories);
        const Mixed mixed = make_gappy(GetParam(), shape, categories, shape.k == 3);
        expect_naive(run(mixed.rows, mixed.mixture, moments, "auto", 1, 4096, true), mixed.rows, mixed.mixture, moments);
      }
    }
  }
}

TEST_P(MixturePass, MoreMissingNumbersThanAWordHasBits) {
  Mixed mixed = make_gappy(GetParam(), {40, 70, 2}, true, false);
  // Near enough for the twin, which takes no logarithms.
  for (float& value : std::span(mixed.rows.values.data(), 40 * 70)) value *= 0.01F;
  for (double& mean : std::span(mixed.mixture.means.data(), 2 * 70)) mean *= 0.01;
  for (CategoryBlock& category : mixed.mixture.categories) category.one *= 0.01;
  for (double& center : mixed.mixture.center) center *= 0.01;
  const SecondMoments moments = SecondMoments::covariances;
  expect_naive(run(mixed.rows, mixed.mixture, moments, "auto", 1, 4096, true), mixed.rows, mixed.mixture, moments);
}

TEST_P(MixturePass, CategoriesAlone) {
  const std::vector<CategoryBlock> blocks = {{.first = 0, .count = 2}, {.first = 2, .count = 1}, {.first = 3, .count = 4}};
  Rows rows = make_rows(300, 7, 17);
  add_levels(rows, blocks, 18);
  const Mixture mixture = make_mixed(GetParam(), 3, 7, blocks, 19);
  const SecondMoments moments = SecondMoments::covariances;
  const Answer plain = run(rows, mixture, moments, "eigen", 1, 4096, true);
  expect_naive(plain, rows, mixture, moments);
  for (const CpuLevel& level : supported_cpu_levels())
    expect_same(plain, run(rows, mixture, moments, level.name, 2, 4096, true));
}

TEST_P(MixturePass, SameBitsWithCategoriesAndGaps) {
  for (const bool categories : {false, true}) {
    const Mixed mixed = make_gappy(GetParam(), {12500, 9, 3}, categories, true);
    const Answer plain = run(mixed.rows, mixed.mixture, SecondMoments::covariances, "eigen", 1, 4096, true);
    for (const CpuLevel& level : supported_cpu_levels()) {
      for (const int threads : {1, 2, 7}) {
        SCOPED_TRACE(level.name + ", threads " + std::to_string(threads));
        expect_same(plain,
                    run(mixed.rows, mixed.mixture, SecondMoments::covariances, level.name, threads, 4096 * threads, true));
      }
    }
  }
}

TEST_P(MixturePass, ARowWithoutAnyNumberKnowsTheWeightsAlone) {
  Rows rows = make_rows(3, 2, 20);
  rows.values(1, 0) = rows.values(1, 1) = std::numeric_limits<float>::quiet_NaN();
  const Mixture mixture = make_mixture(GetParam(), 2, 2, 21);
  const Answer answer = run(rows, mixture, SecondMoments::none, "auto", 1, 4096, true);
  EXPECT_NEAR(answer.probability[1], std::max(mixture.weights[0], mixture.weights[1]), 1e-14);
  EXPECT_EQ(answer.distance2[1], 0.0);
}

TEST_P(MixturePass, AnOffsetOfAMillionChangesNothing) {
  const Rows near = make_rows(500, 4, 7), far = make_rows(500, 4, 7, 1e6);
  const Answer a = run(near, make_mixture(GetParam(), 3, 4, 8), SecondMoments::covariances, "auto", 1, 4096, true);
  const Answer b = run(far, make_mixture(GetParam(), 3, 4, 8, 1e6), SecondMoments::covariances, "auto", 1, 4096, true);
  EXPECT_EQ(a.segment, b.segment);
  EXPECT_NEAR(a.sums.log_likelihood, b.sums.log_likelihood, 1e-6 * std::abs(a.sums.log_likelihood));
  for (std::int64_t i = 0; i < 3 * a.sums.second.columns(); ++i) {
    EXPECT_NEAR(a.sums.second.data()[i], b.sums.second.data()[i], 1e-6 * (1.0 + std::abs(a.sums.second.data()[i])));
  }
}

TEST_P(MixturePass, FarRowsAreStillShared) {
  Rows rows = make_rows(2, 2, 9);
  rows.values(0, 0) = 1e30F;  // every density is 0 in float64
  const Answer answer = run(rows, make_mixture(GetParam(), 2, 2, 10), SecondMoments::none, "auto", 1, 4096, true);
  EXPECT_NEAR(answer.probability[0] + answer.second[0], 1.0, 1e-12);
  EXPECT_TRUE(std::isfinite(answer.sums.log_likelihood));
}

TEST(MixturePassErrors, NamesTheComponentThatHasNoWidth) {
  Mixture mixture = make_mixture(Covariance::full, 3, 2, 11);
  mixture.covariances(2, 0) = mixture.covariances(2, 1) = mixture.covariances(3, 0) = mixture.covariances(3, 1) = 1.0;
  ThreadPool pool(1);
  try {
    CpuMixturePass pass({.mixture = &mixture}, "auto", pool);
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("component 1"));
  }
}

}  // namespace
}  // namespace tessera
