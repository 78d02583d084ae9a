// SPDX-License-Identifier: Apache-2.0
// A search for rows on which the certificate would lie: scores in float32, added in every order a screen may use, on rows that
// lie close to the border between two centroids.
#include "exact/certificate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "exact/distance.hpp"
#include "support/near_ties.hpp"

namespace tessera::exact {
namespace {

using testing::TieTally;

/// How a screen may add d products and -h.
enum class Order { ascending, fused, random, pairwise, end_with_h, flushed };

float flush(float value) { return std::abs(value) < 0x1p-126F ? 0.0F : value; }

float pairwise(const std::vector<float>& terms, std::size_t first, std::size_t last) {
  if (last - first == 1) return terms[first];
  const std::size_t middle = (first + last) / 2;
  return pairwise(terms, first, middle) + pairwise(terms, middle, last);
}

float score(const std::vector<float>& x, const std::vector<float>& c, Order order, std::mt19937_64& bits) {
  double square = 0.0;
  for (const float value : c) square += static_cast<double>(value) * static_cast<double>(value);
  const auto h = static_cast<float>(0.5 * square);
  const std::size_t d = x.size();
  float sum = -h;
  switch (order) {
    case Order::ascending:
      for (std::size_t j = 0; j < d; ++j) sum += x[j] * c[j];
      return sum;
    case Order::fused:
      for (std::size_t j = 0; j < d; ++j) sum = std::fma(x[j], c[j], sum);
      return sum;
    case Order::end_with_h:
      sum = 0.0F;
      for (std::size_t j = 0; j < d; ++j) sum += x[j] * c[j];
      return sum - h;
    case Order::flushed:
      sum = flush(sum);
      for (std::size_t j = 0; j < d; ++j) sum = flush(sum + flush(x[j] * c[j]));
      return sum;
    default:
      break;
  }
  std::vector<float> terms(d);
  for (std::size_t j = 0; j < d; ++j) terms[j] = x[j] * c[j];
  terms.push_back(-h);
  std::shuffle(terms.begin(), terms.end(), bits);
  if (order == Order::pairwise) return pairwise(terms, 0, terms.size());
  return std::accumulate(terms.begin(), terms.end(), 0.0F);
}

float norm(const std::vector<float>& x) {
  float sum = 0.0F;
  for (const float value : x) sum = flush(sum + flush(value * value));
  return upper_norm(sum, static_cast<std::int64_t>(x.size()));
}

/// A row, a centroid, and a second one at nearly the same distance.
TieTally search(double scale, double offset, int trials, std::uint64_t seed) {
  testing::NearTies ties(scale, offset, {1, 2, 3, 8, 33, 100, 513}, 9.0, seed);
  TieTally tally;
  for (int trial = 0; trial < trials; ++trial) {
    const auto [x, a, b] = ties.next();
    const auto order = static_cast<Order>(ties.bits()() % 6);
    const float score_a = score(x, a, order, ties.bits());
    const float score_b = score(x, b, order, ties.bits());
    const auto features = static_cast<std::int64_t>(x.size());
    const ScreenBound bound = make_screen_bound(features);
    const bool a_first = score_a > score_b;
    const std::vector<float>& best = a_first ? a : b;
    const std::vector<float>& other = a_first ? b : a;
    const float lower = std::max(score_a, score_b) - bound.error(norm(x), norm(best));
    const float upper = std::min(score_a, score_b) + bound.error(norm(x), norm(other));
    tally.note(lower > upper,
               reference_distance2(x.data(), best.data(), features) < reference_distance2(x.data(), other.data(), features));
  }
  return tally;
}

struct Setting {
  const char* name;
  double scale;
  double offset;
};

class Certificate : public ::testing::TestWithParam<Setting> {};

TEST_P(Certificate, NeverLies) {
  const TieTally tally = search(GetParam().scale, GetParam().offset, 25000, 1);
  EXPECT_EQ(tally.lies, 0);
  EXPECT_GT(tally.naive_lies, 0) << "the search is too easy: scores alone would have been right";
  EXPECT_GT(tally.open, 0);
}

INSTANTIATE_TEST_SUITE_P(Scales, Certificate,
                         ::testing::Values(Setting{"unit", 1.0, 0.0}, Setting{"offset_10", 1.0, 10.0},
                                           Setting{"offset_1000", 1.0, 1000.0}, Setting{"tiny", 1e-18, 0.0},
                                           Setting{"underflowing", 1e-20, 0.0}, Setting{"vanishing", 1e-30, 1.0},
                                           Setting{"subnormal", 1e-40, 0.0}, Setting{"large", 1e15, 0.0}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(CertificateBound, CertifiesOrdinaryRows) {
  const TieTally tally = search(1.0, 0.0, 20000, 2);
  // The search is built of near ties, down to 1e-9 of the distance: the bound is of the order 1e-5.
  EXPECT_GT(tally.certified, 20000 / 3);
}

TEST(CertificateBound, ANaNIsNeverCertified) {
  const ScreenBound bound = make_screen_bound(4);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(1.0F - bound.error(nan, 1.0F) > 0.0F);
  EXPECT_FALSE(1.0F - bound.error(1.0F, nan) > 0.0F);
  EXPECT_FALSE(nan - bound.error(1.0F, 1.0F) > 0.0F);
  EXPECT_FALSE(1.0F > nan + bound.error(1.0F, 1.0F));
}

TEST(CertificateBound, UpperNormIsNeverBelowTheNorm) {
  std::mt19937_64 bits(3);
  std::normal_distribution<double> bell;
  for (int trial = 0; trial < 20000; ++trial) {
    const std::size_t d = std::vector<std::size_t>{1, 2, 7, 64, 1000, 4096}[bits() % (trial % 50 == 0 ? 6 : 4)];
    const double scale = std::pow(10.0, static_cast<double>(bits() % 55) - 40.0);
    std::vector<float> x(d);
    for (float& value : x) value = static_cast<float>(scale * (trial % 3 == 0 ? 1.0 : bell(bits)));
    long double square = 0.0L;
    for (const float value : x) square += static_cast<long double>(value) * static_cast<long double>(value);
    ASSERT_GE(static_cast<long double>(norm(x)), std::sqrt(square)) << "d " << d << " scale " << scale;
  }
}

TEST(CertificateBound, GrowsWithTheFeaturesAndTheRoundoff) {
  EXPECT_LT(make_screen_bound(8).cross, make_screen_bound(16).cross);
  EXPECT_LT(make_screen_bound(8).cross, make_screen_bound(8, 0x1p-21).cross);
  // Twice the rounding error of a plain dot product, no more.
  EXPECT_LT(make_screen_bound(128).cross, 2.0F * 128.0F * 0x1p-24F);
}

}  // namespace
}  // namespace tessera::exact
