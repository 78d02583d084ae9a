// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/memory_table.hpp"
#include "support/prepare_run.hpp"

namespace tessera {
namespace {

using testing::MemoryTable;
using testing::source;

/// tests/data/prepare_oracle.txt, by name: [rows][columns].
std::map<std::string, std::vector<std::vector<double>>> read_oracle() {
  std::ifstream file(TESSERA_TEST_DATA "/prepare_oracle.txt");
  std::map<std::string, std::vector<std::vector<double>>> values;
  std::string name, number;
  std::size_t row = 0, column = 0;
  while (file >> name >> row >> column >> number) {
    auto& rows = values[name];
    rows.resize(std::max(rows.size(), row + 1));
    rows[row].resize(std::max(rows[row].size(), column + 1));
    rows[row][column] = std::strtod(number.c_str(), nullptr);
  }
  return values;
}

class ScikitLearn : public ::testing::Test {
 protected:
  void SetUp() override {
    oracle_ = read_oracle();
    ASSERT_EQ(oracle_["raw"].size(), 37U);
    for (std::size_t j = 0; j < 4; ++j) {
      std::vector<double> cells;
      for (const auto& row : oracle_["raw"]) cells.push_back(row[j]);
      table_.add("x" + std::to_string(j), cells);
    }
    options_.features = {"x*"};
    options_.transform = TransformPolicy::none;
  }

  std::map<std::string, std::vector<std::vector<double>>> oracle_;
  MemoryTable table_;
  PrepareOptions options_;
};

TEST_F(ScikitLearn, StandardScalerAfterMedianImputation) {
  const FeaturePlan plan = testing::learn(table_, options_);
  for (std::size_t j = 0; j < 4; ++j) {
    const FeatureSource& x = plan.sources[j];
    EXPECT_EQ(x.fill, oracle_["median"][0][j]);
    EXPECT_NEAR(x.center, oracle_["mean"][0][j], 1e-14 * std::fabs(x.center));
    EXPECT_NEAR(x.scale, oracle_["scale"][0][j], 1e-9 * x.scale) << "sd 1 at 1e6: scikit-learn loses digits, too";
  }
  const testing::PreparedTable prepared = testing::apply(plan, table_);
  for (std::int64_t i = 0; i < 37; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      const double expected = oracle_["scaled"][static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
      EXPECT_NEAR(static_cast<double>(prepared.rows(i, j)), expected, 1e-6 * (1.0 + std::fabs(expected))) << i << ", " << j;
    }
  }
}

TEST_F(ScikitLearn, WeightedStandardScaler) {
  table_.add("w", oracle_["weights"][0]);
  options_.features = {"x2", "x3"};
  options_.weights = {"w"};
  const FeaturePlan plan = testing::learn(table_, options_);
  for (std::size_t j = 0; j < 2; ++j) {
    EXPECT_NEAR(plan.sources[j].center, oracle_["weighted_mean"][0][j], 1e-13 * std::fabs(plan.sources[j].center));
    EXPECT_NEAR(plan.sources[j].scale, oracle_["weighted_scale"][0][j], 1e-9 * plan.sources[j].scale);
  }
}

}  // namespace
}  // namespace tessera
