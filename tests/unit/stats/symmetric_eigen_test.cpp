// SPDX-License-Identifier: Apache-2.0
#include "stats/symmetric_eigen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "exact/philox.hpp"

namespace tessera::stats {
namespace {

Matrix<double> random_symmetric(std::int64_t m) {
  Matrix<double> matrix(m, m);
  for (std::int64_t a = 0; a < m; ++a) {
    for (std::int64_t b = 0; b <= a; ++b) {
      matrix(a, b) = exact::random_uniform(7, exact::Purpose::generate, static_cast<std::uint64_t>(a * m + b), 0) - 0.5;
      matrix(b, a) = matrix(a, b);
    }
  }
  return matrix;
}

double dot(std::span<const double> x, std::span<const double> y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

class SymmetricEigenTest : public ::testing::TestWithParam<int> {};

TEST_P(SymmetricEigenTest, VectorsAreOrthonormalAndSatisfyTheEquation) {
  const std::int64_t m = GetParam();
  const Matrix<double> matrix = random_symmetric(m);
  const SymmetricEigen eigen = symmetric_eigen(matrix);
  ASSERT_EQ(eigen.values.size(), static_cast<std::size_t>(m));
  EXPECT_TRUE(std::ranges::is_sorted(eigen.values, std::greater<>()));
  for (std::int64_t i = 0; i < m; ++i) {
    const auto vector = eigen.vectors.row(i);
    EXPECT_GT(*std::ranges::max_element(vector, {}, [](double x) { return std::abs(x); }), 0.0);
    for (std::int64_t j = 0; j < m; ++j) EXPECT_NEAR(dot(vector, eigen.vectors.row(j)), i == j ? 1.0 : 0.0, 1e-13);
    for (std::int64_t j = 0; j < m; ++j) {
      EXPECT_NEAR(dot(matrix.row(j), vector), eigen.values[static_cast<std::size_t>(i)] * vector[static_cast<std::size_t>(j)],
                  1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SymmetricEigenTest, ::testing::Values(1, 2, 3, 10, 33));

TEST(SymmetricEigen, KnownValues) {
  Matrix<double> matrix(2, 2);
  matrix(0, 0) = matrix(1, 1) = 2.0;
  matrix(0, 1) = matrix(1, 0) = -1.0;
  const SymmetricEigen eigen = symmetric_eigen(matrix);
  EXPECT_NEAR(eigen.values[0], 3.0, 1e-15);
  EXPECT_NEAR(eigen.values[1], 1.0, 1e-15);
  EXPECT_NEAR(eigen.vectors(1, 0), std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(eigen.vectors(1, 1), std::sqrt(0.5), 1e-15);
}

TEST(SymmetricEigen, EmptyZeroAndSingular) {
  EXPECT_TRUE(symmetric_eigen(Matrix<double>()).values.empty());
  EXPECT_EQ(symmetric_eigen(Matrix<double>(3, 3)).values, (std::vector<double>{0, 0, 0}));
  const SymmetricEigen ones = symmetric_eigen(Matrix<double>(4, 4, 1.0));
  EXPECT_NEAR(ones.values[0], 4.0, 1e-14);
  for (int i = 1; i < 4; ++i) EXPECT_NEAR(ones.values[static_cast<std::size_t>(i)], 0.0, 1e-14);
}

}  // namespace
}  // namespace tessera::stats
