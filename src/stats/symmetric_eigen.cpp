// SPDX-License-Identifier: Apache-2.0
#include "stats/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tessera::stats {
namespace {

constexpr int kMostSweeps = 40;
constexpr double kSmall = 1e-15;  // of the matrix's norm: what is left off the diagonal then changes no eigenvalue's bits much

struct Rotation {
  double cosine;
  double sine;
};

/// The rotation that makes element (p, q) vanish.
Rotation rotation_for(double pp, double qq, double pq) {
  const double theta = (qq - pp) / (2.0 * pq);
  const double tangent = (theta >= 0.0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
  const double cosine = 1.0 / std::sqrt(tangent * tangent + 1.0);
  return {cosine, tangent * cosine};
}

void rotate(std::span<double> x, std::span<double> y, Rotation by) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i];
    const double b = y[i];
    x[i] = by.cosine * a - by.sine * b;
    y[i] = by.sine * a + by.cosine * b;
  }
}

void rotate_columns(Matrix<double>& matrix, std::int64_t p, std::int64_t q, Rotation by) {
  for (std::int64_t i = 0; i < matrix.rows(); ++i) {
    const double a = matrix(i, p);
    const double b = matrix(i, q);
    matrix(i, p) = by.cosine * a - by.sine * b;
    matrix(i, q) = by.sine * a + by.cosine * b;
  }
}

double norm(const Matrix<double>& matrix) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < matrix.rows(); ++i) {
    for (const double value : matrix.row(i)) sum += value * value;
  }
  return std::sqrt(sum);
}

void make_largest_positive(std::span<double> vector) {
  const double largest = *std::ranges::max_element(vector, {}, [](double x) { return std::abs(x); });
  if (largest < 0.0) std::ranges::transform(vector, vector.begin(), [](double x) { return -x; });
}

}  // namespace

SymmetricEigen symmetric_eigen(Matrix<double> matrix) {
  const std::int64_t m = matrix.rows();
  Matrix<double> vectors(m, m);
  for (std::int64_t i = 0; i < m; ++i) vectors(i, i) = 1.0;
  const double negligible = kSmall * norm(matrix);
  bool rotated = true;
  for (int sweep = 0; rotated && sweep < kMostSweeps; ++sweep) {
    rotated = false;
    for (std::int64_t p = 0; p < m; ++p) {
      for (std::int64_t q = p + 1; q < m; ++q) {
        if (std::abs(matrix(p, q)) <= negligible) continue;
        const Rotation by = rotation_for(matrix(p, p), matrix(q, q), matrix(p, q));
        rotate(matrix.row(p), matrix.row(q), by);
        rotate_columns(matrix, p, q, by);
        rotate(vectors.row(p), vectors.row(q), by);
        rotated = true;
      }
    }
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(m));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) { return matrix(a, a) > matrix(b, b); });
  SymmetricEigen result{{}, Matrix<double>(m, m)};
  for (std::int64_t i = 0; i < m; ++i) {
    const std::int64_t from = order[static_cast<std::size_t>(i)];
    result.values.push_back(matrix(from, from));
    std::ranges::copy(vectors.row(from), result.vectors.row(i).begin());
    make_largest_positive(result.vectors.row(i));
  }
  return result;
}

}  // namespace tessera::stats
