// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "table/generate.hpp"
#include "table/generate_random.hpp"
#include "table/generate_rows.hpp"

namespace tessera {
namespace {

constexpr double kWidestSeparation = 10.0;  // sd; a row is nearer to another centre with a probability of 3e-7 per neighbour
constexpr double kGrowth = 1.0625;
constexpr int kPatience = 100;
constexpr double kRoominess = 3.0;  // times the cells of size separation^d that k centres would fill

/// base^exponent for whole exponents, by multiplications only: libm's pow differs between machines.
double whole_power(double base, int exponent) {
  double power = 1.0;
  for (int i = 0; i < exponent && power < 1e30; ++i) power = power * base;
  return power;
}

/// Side of the box that centres are drawn from: room for k of them at the given distance, and not much more of it in many
/// dimensions, where the distance of two random points of a box is about side * sqrt(d / 6).
double box_side(int segments, int features, double separation) {
  double cells = 1.0;
  while (whole_power(cells, features) < kRoominess * segments) cells = cells * kGrowth;
  return separation * cells * (features > 6 ? std::sqrt(6.0 / features) : 1.0);
}

double distance2(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t j = 0; j < a.size(); ++j) sum = sum + (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

}  // namespace

double least_separation(const GenerateOptions& options) {
  return kWidestSeparation - (kWidestSeparation - 1.0) * options.overlap;
}

double least_distance(MatrixView<const double> centers) {
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t a = 0; a < centers.rows; ++a) {
    for (std::int64_t b = 0; b < a; ++b) least = std::min(least, distance2(centers.row(a), centers.row(b)));
  }
  return std::sqrt(least);
}

// Points of a box that come too near to an earlier one are thrown away; where that happens too often, the box grows.
Matrix<double> segment_centers(const GenerateOptions& options) {
  check_options(options);
  const double separation = least_separation(options);
  Matrix<double> centers(options.segments, options.features);
  double side = box_side(options.segments, options.features, separation);
  std::uint64_t attempt = 0;
  int failures = 0;
  for (std::int64_t placed = 0; placed < centers.rows();) {
    const std::span<double> point = centers.row(placed);
    for (int j = 0; j < options.features; ++j) {
      const exact::PhiloxBlock words = random_words(options.seed, kCenterRows + attempt, static_cast<std::uint32_t>(j / 4));
      point[static_cast<std::size_t>(j)] = side * open_uniform(words.word[j % 4]);
    }
    ++attempt;
    bool apart = true;
    for (std::int64_t other = 0; other < placed && apart; ++other) {
      apart = distance2(point, centers.row(other)) >= separation * separation;
    }
    if (apart) {
      ++placed;
      failures = 0;
    } else if (++failures == kPatience) {
      side = side * kGrowth;
      failures = 0;
    }
  }
  for (std::int64_t i = 0; i < centers.rows() * centers.columns(); ++i) centers.data()[i] += options.offset;
  return centers;
}

}  // namespace tessera
