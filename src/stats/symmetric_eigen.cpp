// SPDX-License-Identifier: Apache-2.0
#include "stats/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace tessera::stats {
namespace {

constexpr int kMostSteps = 60;  // of an eigenvalue; two or three are usual

double dot(std::span<const double> x, std::span<const double> y) {
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// y += factor * x
void add(std::span<double> y, double factor, std::span<const double> x) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

void rotate(std::span<double> x, std::span<double> y, double cosine, double sine) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i];
    const double b = y[i];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

/// matrix = Q T Q' with T tridiagonal.
struct Tridiagonal {
  std::vector<double> diagonal;  ///< [m] of T
  std::vector<double> beside;    ///< [m] of T below the diagonal; the last is 0
  Matrix<double> transform;      ///< [m x m] Q'
};

/// Makes v the reflection (I - factor v v') that turns it into a multiple of its first axis. @returns the multiple
double reflection_of(std::span<double> v, double& factor) {
  const double largest = std::abs(*std::ranges::max_element(v, {}, [](double x) { return std::abs(x); }));
  factor = 0.0;
  if (!(largest > 0.0)) return 0.0;
  for (double& x : v) x /= largest;
  const double length = std::sqrt(dot(v, v));
  const double target = v[0] > 0.0 ? -length : length;
  v[0] -= target;
  factor = 2.0 / dot(v, v);
  return target * largest;
}

Tridiagonal tridiagonal_of(Matrix<double> matrix) {
  const std::int64_t m = matrix.rows();
  Tridiagonal result{std::vector<double>(static_cast<std::size_t>(m)), std::vector<double>(static_cast<std::size_t>(m)),
                     Matrix<double>(m, m)};
  Matrix<double> reflections(m, m);
  std::vector<double> factors(static_cast<std::size_t>(m)), moved(static_cast<std::size_t>(m));
  for (std::int64_t k = 0; k + 1 < m; ++k) {
    const auto at = static_cast<std::size_t>(k), begin = static_cast<std::size_t>(k + 1);
    const auto v = reflections.row(k).subspan(begin);
    std::ranges::copy(matrix.row(k).subspan(begin), v.begin());
    double& factor = factors[at];
    if (k + 2 < m) {
      result.beside[at] = reflection_of(v, factor);
    } else {
      result.beside[at] = v[0];
    }
    if (factor == 0.0) continue;
    const auto w = std::span(moved).subspan(begin);
    for (std::int64_t i = k + 1; i < m; ++i) {
      w[static_cast<std::size_t>(i - k - 1)] = factor * dot(matrix.row(i).subspan(begin), v);
    }
    add(w, -0.5 * factor * dot(w, v), v);
    for (std::int64_t i = k + 1; i < m; ++i) {
      const auto row = matrix.row(i).subspan(begin);
      const auto own = static_cast<std::size_t>(i - k - 1);
      const double v_own = v[own], w_own = w[own];
      for (std::size_t j = 0; j < row.size(); ++j) row[j] -= v_own * w[j] + w_own * v[j];
    }
  }
  for (std::int64_t i = 0; i < m; ++i) {
    result.diagonal[static_cast<std::size_t>(i)] = matrix(i, i);
    result.transform(i, i) = 1.0;
  }
  for (std::int64_t k = m - 2; k >= 0; --k) {
    const auto begin = static_cast<std::size_t>(k + 1);
    const auto v = reflections.row(k).subspan(begin);
    const double factor = factors[static_cast<std::size_t>(k)];
    if (factor == 0.0) continue;
    for (std::int64_t i = k + 1; i < m; ++i) {
      const auto row = result.transform.row(i).subspan(begin);
      add(row, -factor * dot(row, v), v);
    }
  }
  return result;
}

/// One implicit QL step on rows first, ..., last of T, which nothing but zeros ties to the others.
void ql_step(Tridiagonal& t, std::int64_t first, std::int64_t last) {
  const auto d = [&](std::int64_t i) -> double& { return t.diagonal[static_cast<std::size_t>(i)]; };
  const auto e = [&](std::int64_t i) -> double& { return t.beside[static_cast<std::size_t>(i)]; };
  // The shift: the eigenvalue of the leading two rows that is nearer to the first diagonal element.
  const double half = (d(first + 1) - d(first)) / (2.0 * e(first));
  const double root = std::sqrt(half * half + 1.0);
  double g = d(last) - d(first) + e(first) / (half + (half >= 0.0 ? root : -root));
  double sine = 1.0, cosine = 1.0, left = 0.0;
  for (std::int64_t i = last - 1; i >= first; --i) {
    const double f = sine * e(i), b = cosine * e(i);
    const double r = std::sqrt(f * f + g * g);
    e(i + 1) = r;
    if (r == 0.0) {  // falls apart here
      d(i + 1) -= left;
      e(last) = 0.0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d(i + 1) - left;
    const double s = (d(i) - g) * sine + 2.0 * cosine * b;
    left = sine * s;
    d(i + 1) = g + left;
    g = cosine * s - b;
    rotate(t.transform.row(i), t.transform.row(i + 1), cosine, sine);
  }
  d(first) -= left;
  e(first) = g;
  e(last) = 0.0;
}

void diagonalize(Tridiagonal& t) {
  const std::int64_t m = std::ssize(t.diagonal);
  const auto is_split = [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    const double size = std::abs(t.diagonal[at]) + std::abs(t.diagonal[at + 1]);
    return std::abs(t.beside[at]) <= 0.5 * std::numeric_limits<double>::epsilon() * size;
  };
  for (std::int64_t first = 0; first < m; ++first) {
    for (int step = 0; step < kMostSteps; ++step) {
      std::int64_t last = first;
      while (last + 1 < m && !is_split(last)) ++last;
      if (last == first) break;
      ql_step(t, first, last);
    }
  }
}

void make_largest_positive(std::span<double> vector) {
  const double largest = *std::ranges::max_element(vector, {}, [](double x) { return std::abs(x); });
  if (largest < 0.0) std::ranges::transform(vector, vector.begin(), [](double x) { return -x; });
}

}  // namespace

SymmetricEigen symmetric_eigen(Matrix<double> matrix) {
  Tridiagonal tridiagonal = tridiagonal_of(std::move(matrix));
  diagonalize(tridiagonal);
  const std::int64_t m = std::ssize(tridiagonal.diagonal);
  std::vector<std::int64_t> order(static_cast<std::size_t>(m));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](std::int64_t i) { return tridiagonal.diagonal[static_cast<std::size_t>(i)]; };
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) { return value(a) > value(b); });
  SymmetricEigen result{{}, Matrix<double>(m, m)};
  for (std::int64_t i = 0; i < m; ++i) {
    const std::int64_t from = order[static_cast<std::size_t>(i)];
    result.values.push_back(value(from));
    std::ranges::copy(tridiagonal.transform.row(from), result.vectors.row(i).begin());
    make_largest_positive(result.vectors.row(i));
  }
  return result;
}

}  // namespace tessera::stats
