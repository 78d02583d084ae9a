// SPDX-License-Identifier: Apache-2.0
#include "stats/gaussian_overlap.hpp"

#include <cmath>

#include "oracles.hpp"

namespace tessera::stats {
namespace {

struct Pair {
  Numbers mean_a, mean_b;
  Matrix<double> a, b;

  [[nodiscard]] GaussianOverlap overlap() const { return gaussian_overlap(mean_a, a.view(), mean_b, b.view()); }
};

Pair recorded() {
  const auto oracle = read_oracle("overlap");
  const std::vector<Numbers> means = oracle["means"];
  return {means[0], means[1], matrix_of(oracle["first"]), matrix_of(oracle["second"])};
}

TEST(GaussianOverlap, AgreesWithNumPyAndIntegration) {
  const auto oracle = read_oracle("overlap");
  const GaussianOverlap result = recorded().overlap();
  expect_close(result.mahalanobis, oracle["mahalanobis"]);
  expect_close(result.bhattacharyya, oracle["bhattacharyya"]);
  expect_close(result.affinity, std::exp(-result.bhattacharyya), 1e-15);
  expect_close(result.auc, oracle["auc"]);
  expect_close(result.overlap, oracle["overlap"], 1e-8);
}

TEST(GaussianOverlap, IsSymmetricAndFreeOfUnits) {
  Pair pair = recorded();
  const GaussianOverlap before = pair.overlap();
  const GaussianOverlap swapped = Pair{pair.mean_b, pair.mean_a, pair.b, pair.a}.overlap();
  expect_close(swapped.bhattacharyya, before.bhattacharyya, 1e-12);
  expect_close(swapped.overlap, before.overlap, 1e-12);
  pair.mean_a[1] *= 1e-8, pair.mean_b[1] *= 1e-8;
  for (Matrix<double>* matrix : {&pair.a, &pair.b}) {
    for (std::int64_t i = 0; i < 3; ++i) (*matrix)(i, 1) *= 1e-8;
    for (std::int64_t j = 0; j < 3; ++j) (*matrix)(1, j) *= 1e-8;
  }
  expect_close(pair.overlap().bhattacharyya, before.bhattacharyya, 1e-9);
  expect_close(pair.overlap().auc, before.auc, 1e-9);
}

TEST(GaussianOverlap, OfEqualSpreadIsTheTextbookOne) {
  const Matrix<double> unit = matrix_of({{1, 0}, {0, 1}});
  const GaussianOverlap result = gaussian_overlap(Numbers{0, 0}, unit.view(), Numbers{3, 4}, unit.view());
  expect_close(result.mahalanobis, 5.0, 1e-12);
  expect_close(result.bhattacharyya, 25.0 / 8.0, 1e-12);
  expect_close(result.overlap, std::erfc(2.5 / std::sqrt(2.0)), 1e-10);
  expect_close(result.auc, 1.0 - std::erfc(5.0 / 2.0) / 2.0, 1e-12);
}

TEST(GaussianOverlap, Degenerate) {
  const Matrix<double> unit = matrix_of({{1, 0}, {0, 1}}), flat = matrix_of({{1, 0}, {0, 0}}),
                       none = matrix_of({{0, 0}, {0, 0}});
  const GaussianOverlap equal = gaussian_overlap(Numbers{1, 2}, unit.view(), Numbers{1, 2}, unit.view());
  EXPECT_EQ(equal.overlap, 1.0);
  EXPECT_EQ(equal.auc, 0.5);
  EXPECT_NEAR(equal.affinity, 1.0, 1e-14);
  const GaussianOverlap same_constant = gaussian_overlap(Numbers{1, 7}, flat.view(), Numbers{2, 7}, flat.view());
  expect_close(same_constant.mahalanobis, 1.0, 1e-12);
  const GaussianOverlap apart = gaussian_overlap(Numbers{1, 7}, flat.view(), Numbers{1, 8}, flat.view());
  EXPECT_TRUE(std::isinf(apart.mahalanobis));
  EXPECT_EQ(apart.overlap, 0.0);
  EXPECT_EQ(apart.auc, 1.0);
  const GaussianOverlap points = gaussian_overlap(Numbers{1, 7}, none.view(), Numbers{1, 7}, none.view());
  EXPECT_EQ(points.overlap, 1.0);
  EXPECT_EQ(points.mahalanobis, 0.0);
  const GaussianOverlap half_flat = gaussian_overlap(Numbers{0, 0}, unit.view(), Numbers{0, 1}, flat.view());
  EXPECT_TRUE(std::isfinite(half_flat.bhattacharyya));
  EXPECT_GT(half_flat.bhattacharyya, 1.0);
  EXPECT_TRUE(std::isnan(gaussian_overlap(Numbers{kUndefined, 0}, unit.view(), Numbers{0, 1}, unit.view()).auc));
}

}  // namespace
}  // namespace tessera::stats
