// SPDX-License-Identifier: Apache-2.0
#include "app/initial_centroids.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "hdf5/writer.hpp"
#include "support/temporary_folder.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Two numeric sources and a nominal one, as learned from some table.
FeaturePlan make_plan() {
  FeaturePlan plan;
  FeatureSource income{.name = "income", .center = 100.0, .scale = 50.0, .first_feature = 0};
  FeatureSource age{.name = "age", .center = 40.0, .scale = 10.0, .first_feature = 1};
  FeatureSource city{.name = "city", .kind = Kind::nominal, .scale = std::sqrt(2.0), .levels = {"Oslo", "Rome"}};
  city.first_feature = 2;
  city.feature_count = 2;
  plan.sources = {income, age, city};
  plan.feature_names = {"income", "age", "city=Oslo", "city=Rome"};
  plan.grid_exponent = {-30, -30, -30, -30};
  return plan;
}

class InitialCentroids : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::vector<std::pair<std::string, std::vector<double>>>& columns,
             const std::vector<std::string>& cities = {}) {
    hdf5::FileWriter writer(path(name));
    for (const auto& [column, values] : columns) writer.write("/c/" + column, values);
    if (!cities.empty()) writer.write_text("/c/city", cities);
    writer.commit();
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  testing::TemporaryFolder folder_;
  FeaturePlan plan_ = make_plan();
};

TEST_F(InitialCentroids, ColumnsAreMatchedByNameInAnyOrder) {
  write("c.h5", {{"age", {30.0, 60.0}}, {"income", {50.0, 200.0}}}, {"Rome", "Oslo"});
  const Matrix<float> centroids = read_initial_centroids(path("c.h5"), "/c", plan_);
  ASSERT_EQ(centroids.rows(), 2);
  ASSERT_EQ(centroids.columns(), 4);
  EXPECT_EQ(centroids(0, 0), -1.0F);
  EXPECT_EQ(centroids(0, 1), -1.0F);
  EXPECT_EQ(centroids(1, 0), 2.0F);
  EXPECT_EQ(centroids(1, 1), 2.0F);
  EXPECT_GT(centroids(0, 3), centroids(0, 2)) << "Rome";
  EXPECT_GT(centroids(1, 2), centroids(1, 3)) << "Oslo";
}

TEST_F(InitialCentroids, ColumnsWithoutNamesAreMatchedByPosition) {
  hdf5::FileWriter writer(path("c.h5"));
  Matrix<double> values(2, 3);
  values(0, 0) = 50.0;
  values(0, 1) = 30.0;
  values(0, 2) = 1.0;
  values(1, 0) = 200.0;
  values(1, 1) = 60.0;
  writer.write("/centroids", std::as_const(values).view());
  writer.commit();
  const Matrix<float> centroids = read_initial_centroids(path("c.h5"), "/centroids", plan_);
  EXPECT_EQ(centroids(0, 0), -1.0F);
  EXPECT_EQ(centroids(1, 1), 2.0F);
  EXPECT_GT(centroids(0, 3), centroids(0, 2)) << "level 1 is Rome";
}

TEST_F(InitialCentroids, WhatDoesNotFitIsNamed) {
  write("short.h5", {{"age", {30.0}}, {"income", {50.0}}});
  EXPECT_THROW((void)read_initial_centroids(path("short.h5"), "/c", plan_), DataError);
  write("unknown.h5", {{"age", {30.0}}, {"income", {50.0}}}, {"Paris"});
  try {
    (void)read_initial_centroids(path("unknown.h5"), "/c", plan_);
    FAIL() << "Paris is no level of the plan";
  } catch (const DataError& error) {
    EXPECT_EQ(error.location().column, "city");
    EXPECT_EQ(error.location().row, 0);
  }
  write("nan.h5", {{"age", {30.0, std::nan("")}}, {"income", {50.0, 60.0}}}, {"Rome", "Rome"});
  try {
    (void)read_initial_centroids(path("nan.h5"), "/c", plan_);
    FAIL() << "a centroid without an age";
  } catch (const DataError& error) {
    EXPECT_EQ(error.location().column, "age");
    EXPECT_EQ(error.location().row, 1);
  }
}

}  // namespace
}  // namespace tessera
