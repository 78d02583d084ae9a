// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

using Numbers = std::vector<double>;

/// What a script of tests/data/stats has recorded under a name.
inline nlohmann::json read_oracle(const std::string& name, const std::string& file = "oracles.json") {
  const std::string path = std::string(TESSERA_TEST_DATA) + "/stats/" + file;
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error("cannot open " + path);
  return nlohmann::json::parse(stream).at(name);
}

inline Matrix<double> matrix_of(const std::vector<Numbers>& rows) {
  Matrix<double> matrix(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.at(0).size()));
  for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(rows[i], matrix.row(static_cast<std::int64_t>(i)).begin());
  return matrix;
}

/// Agreement to `tolerance` of the size of the expected value; tiny probabilities keep their digits.
inline void expect_close(double value, double expected, double tolerance = 1e-10) {
  EXPECT_NEAR(value, expected, tolerance * std::abs(expected) + 1e-300);
}

/// Ranks by their definition: half of those that are equal, and all that are less.
inline Numbers mid_ranks(const Numbers& values) {
  Numbers ranks;
  for (const double x : values) {
    double rank = 0.0;
    for (const double other : values) rank += other < x ? 1.0 : other == x ? 0.5 : 0.0;
    ranks.push_back(rank);
  }
  return ranks;
}

inline void expect_interval(Interval interval, const Numbers& expected, double tolerance = 1e-10) {
  expect_close(interval.low, expected.at(0), tolerance);
  expect_close(interval.high, expected.at(1), tolerance);
}

}  // namespace tessera::stats
