// SPDX-License-Identifier: Apache-2.0
#include "fit/reference_tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "calibrate/null_families.hpp"

namespace tessera {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr ReferenceKind kKinds[] = {ReferenceKind::uniform, ReferenceKind::gaussian, ReferenceKind::unimodal};

std::vector<double> ones(std::int64_t n) { return std::vector<double>(static_cast<std::size_t>(n), 1.0); }

std::vector<float> sorted_column(const Matrix<float>& rows, std::int64_t j) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < rows.rows(); ++i) values.push_back(rows(i, j));
  std::ranges::sort(values);
  return values;
}

double mean_of(const Matrix<float>& rows, std::int64_t j) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < rows.rows(); ++i) sum += static_cast<double>(rows(i, j));
  return sum / static_cast<double>(rows.rows());
}

double covariance(const Matrix<float>& rows, std::int64_t a, std::int64_t b) {
  const double x = mean_of(rows, a), y = mean_of(rows, b);
  double sum = 0.0;
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    sum += (static_cast<double>(rows(i, a)) - x) * (static_cast<double>(rows(i, b)) - y);
  }
  return sum / static_cast<double>(rows.rows());
}

double skew(const Matrix<float>& rows, std::int64_t j) {
  const double mean = mean_of(rows, j), sd = std::sqrt(covariance(rows, j, j));
  double sum = 0.0;
  for (std::int64_t i = 0; i < rows.rows(); ++i) sum += std::pow((static_cast<double>(rows(i, j)) - mean) / sd, 3);
  return sum / static_cast<double>(rows.rows());
}

TEST(ReferenceTables, ArePureFunctionsOfSeedKindAndNumber) {
  const auto table = calibrate::null_table("mixed", 200, 10, 1);
  const std::vector<double> weights = ones(200);
  const ReferenceTables tables({table.rows.view(), weights}, table.plan, kSeed);
  const ReferenceTables again({table.rows.view(), weights}, table.plan, kSeed);
  for (const ReferenceKind kind : kKinds) {
    EXPECT_EQ(tables.draw(kind, 3), again.draw(kind, 3));
    EXPECT_NE(tables.draw(kind, 3), tables.draw(kind, 4));
  }
  EXPECT_NE(tables.draw(ReferenceKind::gaussian, 0), tables.draw(ReferenceKind::unimodal, 0));
}

TEST(ReferenceTables, CoarseColumnsKeepTheirValues) {
  const auto table = calibrate::null_table("factor_likert", 500, 4, 1);
  const std::vector<double> weights = ones(500);
  const ReferenceTables tables({table.rows.view(), weights}, table.plan, kSeed);
  for (const ReferenceKind kind : kKinds) {
    const Matrix<float> drawn = tables.draw(kind, 0);
    for (std::int64_t j = 0; j < 4; ++j) EXPECT_EQ(sorted_column(drawn, j), sorted_column(table.rows, j));
  }
}

TEST(ReferenceTables, AnswersKeepTheirCovarianceThroughTheCut) {
  const auto table = calibrate::null_table("factor_likert", 1000, 4, 2);
  const std::vector<double> weights = ones(1000);
  const ReferenceTables tables({table.rows.view(), weights}, table.plan, kSeed);
  double gaussian = 0.0, uniform = 0.0;
  constexpr int kTables = 40;
  for (int t = 0; t < kTables; ++t) {
    gaussian += covariance(tables.draw(ReferenceKind::gaussian, t), 0, 1) / kTables;
    uniform += covariance(tables.draw(ReferenceKind::uniform, t), 0, 1) / kTables;
  }
  const double wanted = covariance(table.rows, 0, 1);
  ASSERT_GT(wanted, 0.3);
  // One table's covariance scatters by 1 / sqrt(1000); the simulation behind the latent correlations by 1 / sqrt(4096).
  EXPECT_NEAR(gaussian, wanted, 4.0 * (1.0 / std::sqrt(1000.0 * kTables) + 1.0 / std::sqrt(4096.0)));
  EXPECT_NEAR(uniform, 0.0, 4.0 / std::sqrt(1000.0 * kTables));
}

TEST(ReferenceTables, FineColumnsKeepTheirCovariance) {
  const auto table = calibrate::null_table("correlated", 1000, 5, 3);
  const std::vector<double> weights = ones(1000);
  const ReferenceTables tables({table.rows.view(), weights}, table.plan, kSeed);
  constexpr int kTables = 20;
  for (const ReferenceKind kind : {ReferenceKind::gaussian, ReferenceKind::unimodal}) {
    for (std::int64_t a = 0; a < 5; ++a) {
      for (std::int64_t b = 0; b <= a; ++b) {
        double seen = 0.0;
        for (int t = 0; t < kTables; ++t) seen += covariance(tables.draw(kind, t), a, b) / kTables;
        EXPECT_NEAR(seen, covariance(table.rows, a, b), 4.0 * (std::sqrt(2.0 / (1000.0 * kTables)) + 1.0 / std::sqrt(4096.0)));
      }
    }
  }
}

TEST(ReferenceTables, OnlyTheUnimodalKindIsSkewed) {
  const auto table = calibrate::null_table("exponential", 1000, 2, 4);
  const std::vector<double> weights = ones(1000);
  const ReferenceTables tables({table.rows.view(), weights}, table.plan, kSeed);
  const double wanted = skew(table.rows, 0);
  ASSERT_GT(wanted, 0.5);
  EXPECT_NEAR(skew(tables.draw(ReferenceKind::unimodal, 0), 0), wanted, 0.15 * wanted);
  EXPECT_NEAR(skew(tables.draw(ReferenceKind::gaussian, 0), 0), 0.0, 0.3);
}

TEST(ReferenceTables, UniformTablesFillTheBoxOfTheTable) {
  Matrix<float> rows(400, 2);  // a thin rectangle along the diagonal
  const auto square = calibrate::null_table("uniform", 400, 2, 5).rows;
  for (std::int64_t i = 0; i < 400; ++i) {
    rows(i, 0) = 10.0F * square(i, 0) + square(i, 1);
    rows(i, 1) = 10.0F * square(i, 0) - square(i, 1);
  }
  const std::vector<double> weights = ones(400);
  const ReferenceTables tables({rows.view(), weights}, {}, kSeed);
  const Matrix<float> drawn = tables.draw(ReferenceKind::uniform, 0);
  const auto along = [](const Matrix<float>& m, std::int64_t i) { return m(i, 0) + m(i, 1); };
  const auto across = [](const Matrix<float>& m, std::int64_t i) { return m(i, 0) - m(i, 1); };
  float longest = 0.0F, widest = 0.0F, longest_drawn = 0.0F, widest_drawn = 0.0F;
  for (std::int64_t i = 0; i < 400; ++i) {
    longest = std::max(longest, std::abs(along(rows, i)));
    widest = std::max(widest, std::abs(across(rows, i)));
    longest_drawn = std::max(longest_drawn, std::abs(along(drawn, i)));
    widest_drawn = std::max(widest_drawn, std::abs(across(drawn, i)));
  }
  EXPECT_NEAR(longest_drawn, longest, 0.05F * longest);
  EXPECT_NEAR(widest_drawn, widest, 0.15F * widest);
}

TEST(ReferenceTables, LevelsOfASourceStayTogetherAndLoseTheirPartners) {
  // Source 0: three levels in features 0-2; source 1: binary feature 3 that is 1 exactly where the level is 0.
  Matrix<float> rows(300, 4);
  for (std::int64_t i = 0; i < 300; ++i) {
    rows(i, i % 3) = 0.7F;
    rows(i, 3) = i % 3 == 0 ? 1.0F : 0.0F;
  }
  FeaturePlan plan;
  FeatureSource city, member;
  city.kind = Kind::nominal;
  city.feature_count = 3;
  member.kind = Kind::binary;
  member.first_feature = 3;
  plan.sources = {city, member};
  const std::vector<double> weights = ones(300);
  const ReferenceTables tables({rows.view(), weights}, plan, kSeed);
  for (const ReferenceKind kind : kKinds) {
    const Matrix<float> drawn = tables.draw(kind, 0);
    std::map<std::int64_t, int> levels;
    int both = 0;
    for (std::int64_t i = 0; i < 300; ++i) {
      const auto row = drawn.row(i);
      ASSERT_EQ(std::ranges::count(row.first(3), 0.7F), 1);
      ASSERT_EQ(std::ranges::count(row.first(3), 0.0F), 2);
      ++levels[std::ranges::find(row, 0.7F) - row.begin()];
      both += row[0] > 0.0F && row[3] > 0.0F;
    }
    EXPECT_EQ(levels, (std::map<std::int64_t, int>{{0, 100}, {1, 100}, {2, 100}}));
    EXPECT_NEAR(both, 33.3, 25.0);  // 100 where they are partners; independent: 33.3 with standard deviation 4.7
  }
}

}  // namespace
}  // namespace tessera
