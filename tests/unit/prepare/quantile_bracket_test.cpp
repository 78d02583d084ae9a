// SPDX-License-Identifier: Apache-2.0
#include "prepare/quantile_bracket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tessera {
namespace {

constexpr std::size_t kBlock = 4096;

template <typename T>
std::optional<Quantile> bracketed(const std::vector<T>& values, int quarter) {
  QuantileBracket bracket(quarter, std::ssize(values));
  for (std::size_t i = 0; i < values.size(); i += kBlock) {
    const auto block = std::span(values).subspan(i, std::min(kBlock, values.size() - i));
    bracket.add(block, std::count_if(block.begin(), block.end(), [](T x) { return !std::isnan(x); }));
  }
  return bracket.finish();
}

template <typename T>
Quantile sorted_quantile(std::vector<T> values, int quarter) {
  std::erase_if(values, [](T x) { return std::isnan(x); });
  std::sort(values.begin(), values.end());
  const std::size_t position = values.size() * static_cast<std::size_t>(quarter);
  const auto at = [&](std::size_t i) { return static_cast<double>(values[i]) + 0.0; };
  return {at((position + 3) / 4 - 1), at(position / 4)};
}

template <typename T>
void expect_found(const std::vector<T>& values, const char* what) {
  for (int quarter = 1; quarter <= 3; ++quarter) {
    const auto found = bracketed(values, quarter);
    ASSERT_TRUE(found) << what << ", quarter " << quarter;
    const Quantile expected = sorted_quantile(values, quarter);
    EXPECT_EQ(found->lower, expected.lower) << what << ", quarter " << quarter;
    EXPECT_EQ(found->upper, expected.upper) << what << ", quarter " << quarter;
  }
}

TEST(QuantileBracket, FindsQuantilesOfRowsInRandomOrder) {
  std::mt19937_64 random(21);
  std::normal_distribution<double> normal(100.0, 3.0);
  std::lognormal_distribution<double> skewed(3.0, 2.0);
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 4095U, 4097U, 20'000U, 300'001U}) {
    std::vector<double> smooth(n), halves(n), rounded(n), gaps(n), constant(n, 7.25);
    std::vector<float> narrow(n);
    for (std::size_t i = 0; i < n; ++i) {
      smooth[i] = skewed(random);
      narrow[i] = static_cast<float>(normal(random));
      halves[i] = random() % 2 == 0 ? 0.0 : skewed(random);  // the median lies at the edge of a tie
      rounded[i] = std::round(normal(random));
      gaps[i] = random() % 3 == 0 && i > 0 ? std::numeric_limits<double>::quiet_NaN() : -normal(random);
    }
    expect_found(smooth, "smooth");
    expect_found(narrow, "float32");
    expect_found(rounded, "rounded");
    expect_found(gaps, "with missing cells");
    expect_found(constant, "constant");
    expect_found(halves, "half of the cells tied");
  }
}

TEST(QuantileBracket, SaysWhenItLostTheQuantile) {
  std::vector<double> ascending(200'000);
  for (std::size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<double>(i);
  EXPECT_FALSE(bracketed(ascending, 2));
  std::reverse(ascending.begin(), ascending.end());
  EXPECT_FALSE(bracketed(ascending, 2));
}

/// Whatever the order, a quantile that is found is the right one.
TEST(QuantileBracket, NeverFindsAWrongOne) {
  std::mt19937_64 random(22);
  int lost = 0, found = 0;
  for (const double drift : {0.0, 1e-7, 1e-6, 3e-6, 1e-5, 1e-4}) {
    std::vector<double> values(150'000);
    std::normal_distribution<double> normal;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = normal(random) + drift * static_cast<double>(i);
    for (int quarter = 1; quarter <= 3; ++quarter) {
      const auto quantile = bracketed(values, quarter);
      (quantile ? found : lost) += 1;
      if (!quantile) continue;
      EXPECT_EQ(quantile->lower, sorted_quantile(values, quarter).lower);
      EXPECT_EQ(quantile->upper, sorted_quantile(values, quarter).upper);
    }
  }
  EXPECT_GT(found, 0);
  EXPECT_GT(lost, 0);
}

TEST(QuantileBracket, NothingHasNoQuantile) {
  EXPECT_FALSE(bracketed(std::vector<double>{}, 2));
  EXPECT_FALSE(bracketed(std::vector<float>(5, std::numeric_limits<float>::quiet_NaN()), 2));
}

TEST(QuantileBracket, KeepsLittle) {
  EXPECT_LT(QuantileBracket::most_bytes(5'000'000), 1 << 20);
  EXPECT_LT(QuantileBracket::most_bytes(std::int64_t{1} << 50), 8 << 20);
}

}  // namespace
}  // namespace tessera
