// SPDX-License-Identifier: Apache-2.0
#include "analyse/customer_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "exact/philox.hpp"

namespace tessera {
namespace {

/// A number in [-1, 1), the same in every run.
float noise(std::uint64_t row, std::uint32_t draw) {
  return static_cast<float>(static_cast<double>(exact::random_bits(3, exact::Purpose::sample, row, draw) >> 40) / (1 << 23)) -
         1.0F;
}

struct Customers {
  Model model;
  Matrix<float> rows;
  std::vector<double> weights;
  [[nodiscard]] WeightedPoints sample() const { return {rows.view(), weights}; }
};

/// Groups of 200 customers around the given centers.
Customers around(const std::vector<std::vector<float>>& centers) {
  const auto d = static_cast<std::int64_t>(centers.front().size());
  Customers customers;
  customers.model.centroids = Matrix<float>(std::ssize(centers), d);
  for (std::size_t s = 0; s < centers.size(); ++s) {
    std::ranges::copy(centers[s], customers.model.centroids.row(static_cast<std::int64_t>(s)).begin());
    for (int i = 0; i < 200; ++i) {
      const std::int64_t row = customers.rows.rows();
      if (row == 0) customers.rows = Matrix<float>(0, d);
      customers.rows.resize_rows(row + 1);
      for (std::int64_t j = 0; j < d; ++j) {
        customers.rows(row, j) =
            centers[s][static_cast<std::size_t>(j)] + noise(static_cast<std::uint64_t>(row), static_cast<std::uint32_t>(j));
      }
      customers.weights.push_back(1.0);
    }
  }
  customers.model.weights.assign(centers.size(), 200.0);
  for (std::int64_t j = 0; j < d; ++j) {
    FeatureSource source;
    source.name = "column " + std::to_string(j);
    source.first_feature = static_cast<int>(j);
    customers.model.plan.sources.push_back(source);
    customers.model.plan.feature_names.push_back(source.name);
  }
  return customers;
}

double distance(const CustomerMap::Center& a, const CustomerMap::Center& b) { return std::hypot(a.x - b.x, a.y - b.y); }

TEST(CustomerMap, KeepsTheDistancesOfCentersThatLieOnAPlane) {
  // On the plane of the first and the third of four features.
  const Customers customers = around({{0, 0, 0, 0}, {6, 0, 0, 0}, {0, 0, 8, 0}});
  const CustomerMap map = map_customers(customers.model, customers.sample());
  ASSERT_EQ(map.centers.size(), 3U);
  EXPECT_NEAR(distance(map.centers[0], map.centers[1]), 6.0, 1e-6);
  EXPECT_NEAR(distance(map.centers[0], map.centers[2]), 8.0, 1e-6);
  EXPECT_NEAR(distance(map.centers[1], map.centers[2]), 10.0, 1e-6);
  EXPECT_EQ(map.axes[0].columns.front().column, "column 2");  // the longest way
  EXPECT_GT(map.axes[0].columns.front().weight, 0.9);
}

TEST(CustomerMap, FieldsLieAboutTheirSegmentsCenters) {
  const Customers customers = around({{0, 0}, {10, 0}, {0, 10}});
  const CustomerMap map = map_customers(customers.model, customers.sample());
  EXPECT_GT(map.inside_share, 0.97);
  double most = 0.0;
  std::set<int> seen;
  for (const CustomerMap::Cell& cell : map.cells) {
    const double x = map.axes[0].low + (cell.column + 0.5) * map.cell_width,
                 y = map.axes[1].low + (cell.row + 0.5) * map.cell_height;
    EXPECT_LT(x, map.axes[0].high);
    EXPECT_LT(y, map.axes[1].high);
    const CustomerMap::Center& own = map.centers[static_cast<std::size_t>(cell.segment)];
    EXPECT_LT(std::hypot(x - own.x, y - own.y), 4.0);
    most = std::max(most, cell.density);
    seen.insert(cell.segment);
  }
  EXPECT_EQ(most, 1.0);
  EXPECT_EQ(seen.size(), 3U);
}

TEST(CustomerMap, FillsDirectionsThatCentersLeaveOpen) {
  for (const auto& centers : {std::vector<std::vector<float>>{{0, 0, 0}}, {{0, 0, 0}, {9, 0, 0}}}) {
    const Customers customers = around(centers);
    const CustomerMap map = map_customers(customers.model, customers.sample());
    EXPECT_EQ(map.centers.size(), centers.size());
    EXPECT_GT(map.axes[1].high - map.axes[1].low, 1.0);  // the spread of the sample, which is 2 wide
    EXPECT_GT(map.cells.size(), 50U);
  }
}

TEST(CustomerMap, OneColumnAndEqualRowsAndNothing) {
  const Customers line = around({{0}, {9}});
  EXPECT_EQ(map_customers(line.model, line.sample()).centers.size(), 2U);
  Customers equal = around({{1, 2}});
  for (std::int64_t i = 0; i < equal.rows.rows(); ++i) equal.rows(i, 0) = equal.rows(i, 1) = 1.5F;
  const CustomerMap map = map_customers(equal.model, equal.sample());
  EXPECT_TRUE(std::isfinite(map.cell_width) && map.cell_width > 0.0);
  EXPECT_EQ(map.cells.empty(), false);
  EXPECT_TRUE(map_customers(line.model, {}).cells.empty());
}

TEST(CustomerMap, ADateCountsForwards) {
  Customers customers = around({{0, 0}, {9, 0}});
  customers.model.plan.sources[0].kind = Kind::date;  // prepared: days before
  const CustomerMap map = map_customers(customers.model, customers.sample());
  ASSERT_FALSE(map.axes[0].columns.empty());
  EXPECT_GT(map.axes[0].columns.front().weight, 0.0);
  EXPECT_GT(map.centers[0].x, map.centers[1].x);  // the later one lies to the right
}

TEST(CustomerMap, WeightTwoIsTheRowTwice) {
  Customers once = around({{0, 0, 1}, {7, 1, 0}, {3, 6, 2}});
  Customers twice = once;
  for (std::int64_t i = 0; i < once.rows.rows(); i += 3) {
    once.weights[static_cast<std::size_t>(i)] = 2.0;
    twice.rows.resize_rows(twice.rows.rows() + 1);
    std::ranges::copy(once.rows.row(i), twice.rows.row(twice.rows.rows() - 1).begin());
    twice.weights.push_back(1.0);
  }
  const CustomerMap a = map_customers(once.model, once.sample()), b = map_customers(twice.model, twice.sample());
  for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(a.centers[s].x, b.centers[s].x, 1e-9);
  EXPECT_NEAR(a.inside_share, b.inside_share, 0.02);
}

}  // namespace
}  // namespace tessera
