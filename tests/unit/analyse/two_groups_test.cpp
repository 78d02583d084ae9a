// SPDX-License-Identifier: Apache-2.0
#include "analyse/two_groups.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace tessera {
namespace {

using Random = std::mt19937_64;

double normal(Random& random) { return std::normal_distribution<double>()(random); }
double uniform(Random& random) { return std::uniform_real_distribution<double>()(random); }

std::vector<double> sample(int n, const std::function<double(Random&)>& draw, unsigned seed) {
  Random random(seed);
  std::vector<double> values(static_cast<std::size_t>(n));
  for (double& value : values) value = draw(random);
  std::sort(values.begin(), values.end());
  return values;
}

TwoGroups look_at(const std::vector<double>& values, bool integral = false) {
  return look_for_two_groups(values, {integral, values.front(), values.back()});
}

/// The rates over many more samples and shapes: tests/calibrate/calibrate_bimodality.cpp.
TEST(TwoGroups, HeapsAreNoGroups) {
  struct Shape {
    const char* name;
    bool integral;
    std::function<double(Random&)> draw;
  };
  const std::vector<Shape> shapes = {
      {"zeros and a hump", false, [](Random& r) { return uniform(r) < 0.4 ? 0.0 : 100.0 + 10.0 * normal(r); }},
      {"zeros and counts", true, [](Random& r) { return uniform(r) < 0.3 ? 0.0 : std::round(40.0 + 6.0 * normal(r)); }},
      {"cut off at a limit", false, [](Random& r) { return std::min(1.3, normal(r)); }},
      {"prices that end in .99", false, [](Random& r) { return std::floor(std::exp(2.5 + 0.6 * normal(r))) + 0.99; }},
      {"ages rounded to fives", true,
       [](Random& r) {
         const double age = std::round(46.0 + 12.0 * normal(r));
         return uniform(r) < 0.5 ? 5.0 * std::round(age / 5.0) : age;
       }},
      {"skewed", false, [](Random& r) { return std::exp(1.5 * normal(r)); }},
  };
  for (const Shape& shape : shapes) {
    for (unsigned seed = 0; seed < 10; ++seed) {
      const TwoGroups look = look_at(sample(1500, shape.draw, seed), shape.integral);
      EXPECT_FALSE(are_two_groups(look, look.p)) << shape.name << " " << seed << " p " << look.p << " valley " << look.valley;
    }
  }
}

TEST(TwoGroups, AreFoundWithTheirMiddlesAndShares) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const auto values = sample(
        1500, [](Random& r) { return uniform(r) < 0.3 ? 20.0 + 3.0 * normal(r) : 50.0 + 6.0 * normal(r); }, seed);
    const TwoGroups look = look_at(values);
    EXPECT_TRUE(are_two_groups(look, look.p));
    EXPECT_NEAR(look.low_mode, 20.0, 1.0);
    EXPECT_NEAR(look.high_mode, 50.0, 1.0);
    EXPECT_NEAR(look.low_share, 0.3, 0.05);
    EXPECT_LT(look.valley, 0.3);
    EXPECT_EQ(look.aside_share, 0.0);
    EXPECT_FALSE(are_two_groups(look, 0.02));  // of many looks some dip by chance
  }
}

TEST(TwoGroups, BesideZerosAreFound) {
  const auto values = sample(
      1500, [](Random& r) { return uniform(r) < 0.25 ? 0.0 : (uniform(r) < 0.5 ? 50.0 : 90.0) + 8.0 * normal(r); }, 3);
  const TwoGroups look = look_at(values);
  EXPECT_TRUE(are_two_groups(look, look.p));
  EXPECT_NEAR(look.aside_share, 0.25, 0.04);
  EXPECT_EQ(look.n, std::ssize(values) - std::count(values.begin(), values.end(), 0.0));
  EXPECT_NEAR(look.low_mode, 50.0, 2.0);
  EXPECT_NEAR(look.low_share, 0.5, 0.05);
}

TEST(TwoGroups, ASplinterIsNoGroup) {
  const auto values = sample(
      2000, [](Random& r) { return uniform(r) < 0.04 ? 20.0 + normal(r) : normal(r); }, 4);
  const TwoGroups look = look_at(values);
  EXPECT_FALSE(are_two_groups(look, look.p));
}

TEST(TwoGroups, OfTwoHeapsNothingIsLeftToLookAt) {
  std::vector<double> values(100, 0.0);
  std::fill(values.begin() + 40, values.end(), 7.5);
  const TwoGroups look = look_at(values);
  EXPECT_EQ(look.n, 0);
  EXPECT_FALSE(are_two_groups(look, look.p));
}

}  // namespace
}  // namespace tessera
