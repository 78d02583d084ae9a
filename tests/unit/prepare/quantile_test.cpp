// SPDX-License-Identifier: Apache-2.0
#include "prepare/quantile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace tessera {
namespace {

/// By sorting copies: every row as often as its weight says.
double sorted_quantile(const std::vector<double>& values, const std::vector<std::int64_t>& units, int quarter) {
  std::vector<double> all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) all.insert(all.end(), static_cast<std::size_t>(units.empty() ? 1 : units[i]), values[i]);
  }
  std::sort(all.begin(), all.end());
  const std::size_t position = all.size() * static_cast<std::size_t>(quarter);
  const double high = all[std::min(position / 4, all.size() - 1)];
  if (position % 4 != 0) return high;
  const double low = all[position / 4 - 1];
  return low == high ? low : 0.5 * (low + high);
}

QuantileSearch search(const std::vector<double>& values, const std::vector<std::int64_t>& units, std::size_t bins,
                      int* sweeps = nullptr) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double x : values) {
    if (std::isnan(x)) continue;
    low = std::min(low, x);
    high = std::max(high, x);
  }
  QuantileSearch found(low, high, {1, 2, 3}, bins);
  int count = 0;
  do {
    found.count(values, units);
    ++count;
  } while (found.refine());
  if (sweeps != nullptr) *sweeps = count;
  return found;
}

std::vector<std::vector<double>> awkward_columns() {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::vector<std::vector<double>> columns = {
      {5.0}, {1.0, 2.0}, {-1.0, -2.0, -3.0, -4.0}, {0.0, -0.0, 0.0}, {7.0, 7.0, 7.0, 7.0}};
  std::vector<double> normals(1000), duplicates(1001), denormals(64),
      extremes = {1e308, -1e308, 5e-324, -5e-324, 0.0, 1.0, -1.0};
  for (double& x : normals) x = normal(random);
  for (double& x : duplicates) x = std::round(normal(random) * 2.0);
  for (std::size_t i = 0; i < denormals.size(); ++i) denormals[i] = 5e-324 * static_cast<double>(i * i);
  std::vector<double> with_missing = normals;
  for (std::size_t i = 0; i < with_missing.size(); i += 3) with_missing[i] = std::numeric_limits<double>::quiet_NaN();
  columns.insert(columns.end(), {normals, duplicates, denormals, extremes, with_missing});
  return columns;
}

TEST(QuantileSearch, EqualsSortedQuantilesForAnyNumberOfBins) {
  for (const auto& values : awkward_columns()) {
    for (const std::size_t bins : {2U, 16U, 256U, 16'384U}) {
      const QuantileSearch found = search(values, {}, bins);
      for (int quarter = 1; quarter <= 3; ++quarter) {
        EXPECT_EQ(found.quantile(static_cast<std::size_t>(quarter - 1)).value(), sorted_quantile(values, {}, quarter))
            << values.size() << " values, " << bins << " bins, quarter " << quarter;
      }
    }
  }
}

TEST(QuantileSearch, AWeightIsARepetition) {
  std::mt19937_64 random(12);
  for (const auto& values : awkward_columns()) {
    std::vector<std::int64_t> units(values.size());
    for (std::int64_t& unit : units) unit = static_cast<std::int64_t>(random() % 4);
    units.front() = 1;
    if (std::isnan(values.front())) units[1] = 1;
    const QuantileSearch found = search(values, units, 64);
    for (int quarter = 1; quarter <= 3; ++quarter) {
      EXPECT_EQ(found.quantile(static_cast<std::size_t>(quarter - 1)).value(), sorted_quantile(values, units, quarter));
    }
  }
}

TEST(QuantileSearch, TheLowerOneIsAlwaysAValueOfTheColumn) {
  const QuantileSearch found = search({1.0, 2.0, 3.0, 4.0}, {}, 16);
  EXPECT_EQ(found.quantile(1).value(), 2.5);
  EXPECT_EQ(found.quantile(1).lower, 2.0);
}

TEST(QuantileSearch, FewSweepsAreEnough) {
  std::mt19937_64 random(13);
  std::lognormal_distribution<double> draw(3.0, 2.0);
  std::vector<double> amounts(50'000), counts(50'000, 0.0);
  for (double& x : amounts) x = draw(random);
  for (std::size_t i = 0; i < counts.size(); i += 2) counts[i] = std::floor(draw(random));
  int sweeps = 0;
  (void)search(amounts, {}, 16'384, &sweeps);
  EXPECT_LE(sweeps, 3);
  (void)search(counts, {}, 16'384, &sweeps);
  EXPECT_LE(sweeps, 2);
}

TEST(QuantileSearch, NoWeightAtAllIsZero) {
  QuantileSearch found(1.0, 2.0, {2}, 16);
  found.count(std::vector<double>{1.0, 2.0}, std::vector<std::int64_t>{0, 0});
  EXPECT_FALSE(found.refine());
  EXPECT_EQ(found.quantile(0).value(), 0.0);
}

}  // namespace
}  // namespace tessera
