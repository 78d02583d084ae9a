// SPDX-License-Identifier: Apache-2.0
#include "fit/silhouette.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/shared_data.hpp"
#include "support/silhouette_oracle.hpp"

namespace tessera {
namespace {

using Labels = std::vector<std::int32_t>;

std::vector<double> ones(std::int64_t n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }

TEST(Silhouette, AgreesWithScikitLearn) {
  const auto oracle = testing::read_silhouette_oracle();
  const std::vector<Labels> labelings = {oracle.label, oracle.other};
  const std::vector<double> unweighted = mean_silhouettes({oracle.rows.view(), ones(60)}, labelings);
  EXPECT_NEAR(unweighted[0], oracle.scores.at("silhouette"), 1e-12);
  EXPECT_NEAR(unweighted[1], oracle.scores.at("silhouette_other"), 1e-12);
  const std::vector<double> weighted = mean_silhouettes({oracle.rows.view(), oracle.weights}, labelings);
  EXPECT_NEAR(weighted[0], oracle.scores.at("silhouette_weighted"), 1e-12);
  EXPECT_NEAR(weighted[1], oracle.scores.at("silhouette_other_weighted"), 1e-12);
}

// scikit-learn 1.9.1: silhouette_score(X, y), X the four columns of iris.csv as float32, y its labels or (x3 > 2.45) + (x4
// > 1.7).
TEST(Silhouette, AgreesWithScikitLearnOnIris) {
  const auto path = testing::data_folder() / "clustering_truth" / "iris.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " does not exist";
  const Matrix<double> table = testing::read_numbers(path);
  Matrix<float> rows(table.rows(), 4);
  Labels truth, cut;
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    for (std::int64_t j = 0; j < 4; ++j) rows(i, j) = static_cast<float>(table(i, j));
    truth.push_back(static_cast<std::int32_t>(table(i, 4)) - 1);
    cut.push_back((table(i, 2) > 2.45 ? 1 : 0) + (table(i, 3) > 1.7 ? 1 : 0));
  }
  const std::vector<Labels> labelings = {truth, cut};
  const std::vector<double> silhouettes = mean_silhouettes({rows.view(), ones(rows.rows())}, labelings);
  EXPECT_NEAR(silhouettes[0], 0.503477446298804, 1e-12);
  EXPECT_NEAR(silhouettes[1], 0.498529650829432, 1e-12);
}

TEST(Silhouette, OneSegmentLonersAndEqualRowsCountNothing) {
  Matrix<float> rows(4, 1);
  rows(3, 0) = 1.0F;
  const std::vector<Labels> labelings = {{0, 0, 0, 0}, {0, 1, 2, 3}, {0, 0, 1, 1}};
  const std::vector<double> silhouettes = mean_silhouettes({rows.view(), ones(4)}, labelings);
  EXPECT_EQ(silhouettes[0], 0.0);
  EXPECT_EQ(silhouettes[1], 0.0);
  // Rows 0 and 1: within 0, to the other segment 1/2: s = 1. Row 2: within 1, other 0: s = -1. Row 3: within 1, other 1: s = 0.
  EXPECT_DOUBLE_EQ(silhouettes[2], 0.25);
}

TEST(Silhouette, NothingOfNothing) {
  const Matrix<float> none(0, 2);
  EXPECT_EQ(mean_silhouettes({none.view(), {}}, std::vector<Labels>(1)), (std::vector<double>{0.0}));
}

}  // namespace
}  // namespace tessera
