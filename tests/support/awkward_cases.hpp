// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "exact/grid.hpp"
#include "tessera/backend.hpp"
#include "tessera/statistics.hpp"

namespace tessera::testing {

/// Rows, weights and centroids on which implementations like to differ. Rows lie on the grid of `units`.
struct AwkwardCase {
  std::string name;  ///< letters, digits and underscores
  Matrix<float> rows;
  std::vector<float> weights;       ///< [n] or empty
  std::vector<std::uint8_t> flags;  ///< [n] or empty
  Matrix<float> centroids;
  GridUnits units;
  std::vector<std::uint8_t> columns;  ///< as in NearestTask: rows with kFlagIncomplete have NaN in place of columns
};

/// The same numbers with every standard library.
class AwkwardRandom {
 public:
  explicit AwkwardRandom(std::uint64_t seed) : bits_(seed) {}
  double uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }
  /// Sum of uniforms: bell-shaped is enough here. Mean 0, variance 1.
  double bell() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
  std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(bits_() % static_cast<std::uint64_t>(limit)); }

 private:
  std::mt19937_64 bits_;
};

/// Takes about the share `share` of the columns out of some rows, at least one is left. A column has up to `widest` features.
inline void make_gaps(AwkwardCase& made, double share, std::int64_t widest, AwkwardRandom& random) {
  const std::int64_t d = made.rows.columns();
  made.columns.assign(static_cast<std::size_t>(d), 0);
  std::vector<std::int64_t> starts;
  for (std::int64_t j = 0; j < d; j += 1 + random.below(widest)) starts.push_back(j);
  for (const std::int64_t j : starts) made.columns[static_cast<std::size_t>(j)] = 1;
  if (made.flags.empty()) made.flags.assign(static_cast<std::size_t>(made.rows.rows()), 0);
  for (std::int64_t i = 0; i < made.rows.rows(); ++i) {
    if (random.uniform() < 0.25) continue;
    made.flags[static_cast<std::size_t>(i)] |= kFlagIncomplete;  // of an unknown level, perhaps: the flag alone is no gap
    const std::int64_t kept = starts[static_cast<std::size_t>(random.below(std::ssize(starts)))];
    bool gap = false;
    for (std::int64_t j = 0; j < d; ++j) {
      if (made.columns[static_cast<std::size_t>(j)] != 0) gap = j != kept && random.uniform() < share;
      if (gap) made.rows(i, j) = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

/// Puts every column of `rows` on its grid and sets the units that a fit of these rows would use.
inline GridUnits put_on_grid(Matrix<float>& rows, std::span<const float> weights) {
  double largest_weight = 1.0;
  for (const float weight : weights) largest_weight = std::max(largest_weight, static_cast<double>(weight));
  GridUnits units;
  double largest_term = 0.0;
  for (std::int64_t j = 0; j < rows.columns(); ++j) {
    double largest = 0.0;
    for (std::int64_t i = 0; i < rows.rows(); ++i) largest = std::max(largest, std::abs(static_cast<double>(rows(i, j))));
    const int exponent = exact::grid_exponent(largest, largest_weight);
    for (std::int64_t i = 0; i < rows.rows(); ++i) rows(i, j) = exact::to_grid(rows(i, j), exact::make_grid(exponent));
    units.feature_exponent.push_back(exponent);
    largest_term += 16.0 * largest * largest;  // centroids of a test may lie a little outside the rows
  }
  units.weight_exponent = exact::ceil_exponent(largest_weight) - exact::kGridBits;
  units.objective_exponent = exact::ceil_exponent(largest_term * largest_weight) - 62;
  return units;
}

/// n rows in d features, as `value(i, j)` says; centroids are k of the rows (the first ones again if there are fewer), moved by
/// `spread` times a bell-shaped amount.
inline AwkwardCase make_case(std::string name, std::int64_t n, std::int64_t d, std::int64_t k, double spread,
                             AwkwardRandom& random, const std::function<double(std::int64_t, std::int64_t)>& value) {
  AwkwardCase made{std::move(name), Matrix<float>(n, d), {}, {}, Matrix<float>(k, d), {}};
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) made.rows(i, j) = static_cast<float>(value(i, j));
  }
  made.units = put_on_grid(made.rows, made.weights);
  for (std::int64_t c = 0; c < k; ++c) {
    for (std::int64_t j = 0; j < d; ++j) {
      const double start = static_cast<double>(made.rows(c * 7 % n, j));
      made.centroids(c, j) = static_cast<float>(spread == 0.0 ? start : start + spread * random.bell());
    }
  }
  return made;
}

/// Every combination of small, odd and vector-wide shapes, with bell-shaped values.
inline std::vector<AwkwardCase> awkward_shapes() {
  std::vector<AwkwardCase> cases;
  AwkwardRandom random(1);
  for (const std::int64_t n : {1, 2, 31, 32, 33, 1000}) {
    for (const std::int64_t d : {1, 3, 31, 32, 33, 128}) {
      for (const std::int64_t k : {1, 2, 7, 64}) {
        cases.push_back(make_case("shape_" + std::to_string(n) + "_" + std::to_string(d) + "_" + std::to_string(k), n, d, k,
                                  0.5, random, [&](std::int64_t, std::int64_t) { return random.bell(); }));
      }
    }
  }
  return cases;
}

/// Values on which screening in float32 is hard: ties, duplicates, scales, extremes; and weights and rejected rows.
inline std::vector<AwkwardCase> awkward_values() {
  std::vector<AwkwardCase> cases;
  AwkwardRandom random(2);
  const auto bell = [&](std::int64_t, std::int64_t) { return random.bell(); };
  const auto scaled = [&](double factor, double offset) {
    return [&random, factor, offset](std::int64_t, std::int64_t) { return offset + factor * random.bell(); };
  };

  cases.push_back(make_case("weights", 500, 5, 7, 0.3, random, bell));
  for (int i = 0; i < 500; ++i) cases.back().weights.push_back(static_cast<float>(i % 5 == 0 ? 0.0 : 3.7 * random.uniform()));
  cases.back().units = put_on_grid(cases.back().rows, cases.back().weights);

  cases.push_back(make_case("large_weights_rejected", 257, 3, 7, 0.3, random, bell));
  for (int i = 0; i < 257; ++i) {
    cases.back().weights.push_back(static_cast<float>(1e6 * random.uniform()));
    cases.back().flags.push_back(static_cast<std::uint8_t>(i % 3 == 0 ? kFlagRejected : i % 3 == 1 ? kFlagIncomplete : 0));
  }
  cases.back().units = put_on_grid(cases.back().rows, cases.back().weights);
  for (std::int64_t i = 0; i < 257; i += 3) cases.back().rows(i, 1) = std::numeric_limits<float>::quiet_NaN();

  cases.push_back(make_case("all_rejected", 33, 3, 2, 0.3, random, bell));
  cases.back().flags.assign(33, kFlagRejected);

  cases.push_back(make_case("duplicate_rows", 400, 4, 7, 0.0, random,
                            [](std::int64_t i, std::int64_t j) { return static_cast<double>((i % 3) * 10 + j); }));
  cases.push_back(make_case("equal_centroids", 300, 6, 64, 0.0, random, bell));
  for (std::int64_t c = 0; c < 64; ++c) {
    for (std::int64_t j = 0; j < 6; ++j) cases.back().centroids(c, j) = cases.back().rows(c % 2, j);
  }
  cases.push_back(make_case("lattice_ties", 625, 4, 64, 0.0, random, [](std::int64_t i, std::int64_t j) {
    return static_cast<double>(i / static_cast<std::int64_t>(std::pow(5, static_cast<double>(j))) % 5);
  }));
  cases.push_back(make_case("binary_20", 1000, 20, 64, 0.0, random,
                            [&](std::int64_t, std::int64_t) { return random.uniform() < 0.5 ? 0.0 : std::sqrt(0.5); }));
  cases.push_back(make_case("binary_20_means", 1000, 20, 64, 0.0, random,
                            [&](std::int64_t, std::int64_t) { return random.uniform() < 0.5 ? 0.0 : 1.0; }));
  for (std::int64_t c = 0; c < 64; ++c) {
    for (std::int64_t j = 0; j < 20; ++j) cases.back().centroids(c, j) = static_cast<float>(random.below(5)) / 4.0F;
  }
  cases.push_back(make_case("zero_rows", 100, 33, 7, 0.0, random, [](std::int64_t, std::int64_t) { return 0.0; }));
  cases.push_back(
      make_case("zero_rows_some_centroids", 100, 33, 7, 1.0, random, [](std::int64_t, std::int64_t) { return 0.0; }));
  cases.back().units.objective_exponent = -40;
  cases.push_back(make_case("offset_1e6", 700, 8, 7, 0.5, random, scaled(1.0, 1e6)));
  cases.push_back(make_case("offset_minus_1e6_near", 700, 8, 64, 0.0, random, scaled(0.5, -1e6)));
  cases.push_back(make_case("huge_1e38", 200, 5, 7, 0.0, random, scaled(5e37, 0.0)));
  cases.push_back(make_case("large_1e18", 200, 5, 7, 1e17, random, scaled(1e18, 0.0)));
  cases.push_back(make_case("large_1e19", 200, 5, 7, 1e18, random, scaled(1e19, 0.0)));
  cases.push_back(make_case("denormal", 200, 5, 7, 0.0, random, scaled(1e-40, 0.0)));
  cases.push_back(make_case("tiny_1e-20", 200, 5, 7, 1e-21, random, scaled(1e-20, 0.0)));
  cases.push_back(make_case("tiny_1e-30", 200, 33, 7, 1e-31, random, scaled(1e-30, 0.0)));

  cases.push_back(make_case("outlier_centroid", 500, 16, 33, 0.3, random, bell));
  for (std::int64_t j = 0; j < 16; ++j) cases.back().centroids(5, j) = 1e7F;
  cases.push_back(make_case("outlier_centroid_1e37", 300, 16, 33, 0.3, random, bell));
  cases.back().units.objective_exponent += 250;
  for (std::int64_t j = 0; j < 16; ++j) cases.back().centroids(32, j) = 1e37F;
  cases.push_back(make_case("outlier_row", 100, 4, 7, 0.3, random,
                            [&](std::int64_t i, std::int64_t) { return i == 50 ? 1e12 : random.bell(); }));
  cases.push_back(make_case("one_wide_feature", 500, 9, 16, 0.1, random,
                            [&](std::int64_t, std::int64_t j) { return (j == 4 ? 1e5 : 1.0) * random.bell(); }));
  cases.push_back(make_case("two_far_clusters", 900, 6, 64, 0.2, random,
                            [&](std::int64_t i, std::int64_t) { return (i % 2 == 0 ? 1e6 : -1e6) + random.bell(); }));
  cases.push_back(make_case("midpoints", 300, 1, 7, 0.0, random,
                            [](std::int64_t i, std::int64_t) { return static_cast<double>(i) * 0.5; }));
  cases.push_back(make_case("one_ulp_apart", 300, 3, 64, 0.0, random, [](std::int64_t i, std::int64_t j) {
    return 1.0 + static_cast<double>((i * 31 + j * 17) % 13) * 0x1p-23;
  }));
  cases.push_back(make_case("wide_1500_features", 40, 1500, 9, 0.2, random, bell));
  cases.push_back(make_case("wide_4096_features", 17, 4096, 3, 0.2, random, bell));
  cases.push_back(make_case("many_segments", 60, 2, 1031, 0.2, random, bell));
  cases.push_back(make_case("most_segments", 10, 1, 65535, 0.2, random, bell));
  for (AwkwardCase& made : cases) {
    std::replace(made.name.begin(), made.name.end(), '-', '_');
  }
  return cases;
}

/// The same with gaps: few and many of them, one feature left of many, ties, weights, extremes.
inline std::vector<AwkwardCase> awkward_gaps() {
  AwkwardRandom random(3);
  std::vector<AwkwardCase> cases;
  std::vector<AwkwardCase> sources = awkward_values();
  for (AwkwardCase& made : awkward_shapes()) {
    if (made.rows.rows() != 2 && made.rows.rows() != 32) sources.push_back(std::move(made));
  }
  for (AwkwardCase& made : sources) {
    const double share = cases.size() % 3 == 0 ? 0.1 : cases.size() % 3 == 1 ? 0.5 : 1.0;
    made.name = "gaps_" + made.name;
    make_gaps(made, share, cases.size() % 2 == 0 ? 1 : 4, random);
    cases.push_back(std::move(made));
  }
  return cases;
}

}  // namespace tessera::testing
