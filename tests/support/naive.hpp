// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tessera/backend.hpp"
#include "tessera/statistics.hpp"

namespace tessera::testing {

/// What a nearest pass must return, bit for bit.
struct NaiveNearest {
  std::vector<std::int32_t> segment;
  std::vector<double> distance2;
  std::vector<std::int32_t> runner_up;
  std::vector<double> runner_up_distance2;
  NearestStatistics statistics;  ///< reference_rows stays 0
};

/// Squared distance in float64, one feature after the other.
inline double naive_distance2(std::span<const float> x, std::span<const float> c) {
  double sum = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double difference = static_cast<double>(x[j]) - static_cast<double>(c[j]);
    sum += difference * difference;
  }
  return sum;
}

/// A whole number of units 2^exponent, ties to even.
inline std::int64_t naive_units(double value, int exponent) { return std::llrint(std::ldexp(value, -exponent)); }

/// The slow twin of every nearest pass: plain loops in float64, integers added one by one.
/// @param weights, flags [n] or empty, as in Chunk
inline NaiveNearest naive_nearest(MatrixView<const float> rows, std::span<const float> weights,
                                  std::span<const std::uint8_t> flags, MatrixView<const float> centroids,
                                  const GridUnits& units) {
  const auto n = static_cast<std::size_t>(rows.rows);
  NaiveNearest out{std::vector<std::int32_t>(n, -1), std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()),
                   std::vector<std::int32_t>(n, -1), std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()),
                   NearestStatistics(centroids.rows, centroids.columns)};
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    const auto row = static_cast<std::size_t>(i);
    if (!flags.empty() && (flags[row] & kFlagRejected) != 0) continue;
    out.distance2[row] = std::numeric_limits<double>::infinity();
    out.runner_up_distance2[row] = std::numeric_limits<double>::infinity();
    for (std::int64_t c = 0; c < centroids.rows; ++c) {
      const double distance2 = naive_distance2(rows.row(i), centroids.row(c));
      if (out.segment[row] < 0 || distance2 < out.distance2[row]) {
        out.runner_up[row] = out.segment[row];
        out.runner_up_distance2[row] = out.distance2[row];
        out.segment[row] = static_cast<std::int32_t>(c);
        out.distance2[row] = distance2;
      } else if (out.runner_up[row] < 0 || distance2 < out.runner_up_distance2[row]) {
        out.runner_up[row] = static_cast<std::int32_t>(c);
        out.runner_up_distance2[row] = distance2;
      }
    }
    const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[row]);
    if (weight == 0.0) continue;
    const std::int32_t s = out.segment[row];
    for (std::int64_t j = 0; j < rows.columns; ++j) {
      const int exponent = units.feature_exponent[static_cast<std::size_t>(j)];
      out.statistics.sums(s, j) += naive_units(weight * static_cast<double>(rows(i, j)), exponent);
    }
    out.statistics.weights[static_cast<std::size_t>(s)] += naive_units(weight, units.weight_exponent);
    ++out.statistics.rows[static_cast<std::size_t>(s)];
    out.statistics.objective += naive_units(weight * out.distance2[row], units.objective_exponent);
  }
  return out;
}

}  // namespace tessera::testing
