// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "property/feed_pipeline.hpp"
#include "support/awkward_cases.hpp"

namespace tessera::testing {

/// `k` overlapping groups of different size and place; nothing special about them.
inline Matrix<double> scatter(std::int64_t n, std::int64_t d, std::int64_t k, std::uint64_t seed, double apart = 3.0) {
  AwkwardRandom random(seed);
  Matrix<double> centres(k, d);
  for (std::int64_t i = 0; i < k * d; ++i) centres.data()[i] = apart * random.bell();
  Matrix<double> values(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t group = std::min(random.below(k), random.below(k));
    for (std::int64_t j = 0; j < d; ++j) values(i, j) = centres(group, j) + random.bell();
  }
  return values;
}

inline Matrix<double> with_each(Matrix<double> values, double factor, double offset) {
  for (std::int64_t i = 0; i < values.rows() * values.columns(); ++i) values.data()[i] = values.data()[i] * factor + offset;
  return values;
}

/// Gaps in two rows of three, one row in 1,000 without anything known.
inline void take_cells_out(Customers& customers, AwkwardRandom& random) {
  Matrix<float>& rows = customers.points.rows;
  for (std::int64_t i = 0; i < rows.rows(); ++i) {
    const std::int64_t kept = random.below(rows.columns());
    const double share = i % 1000 == 5 ? 2.0 : i % 3 == 0 ? 0.0 : 0.3;
    bool gap = false;
    for (std::int64_t j = 0; j < rows.columns(); ++j) {
      if (!(random.uniform() < share) || (j == kept && share < 1.0)) continue;
      rows(i, j) = std::numeric_limits<float>::quiet_NaN();
      gap = true;
    }
    customers.flags.push_back(share > 1.0 ? kFlagRejected : gap ? kFlagIncomplete : 0);
  }
  customers.points.plan.missing = MissingPolicy::partial;
}

inline constexpr int kKindsOfCustomers = 11;

/// Customers of every kind that makes a difference to how rows are labelled and added up. More than 2^14 rows each, so that
/// candidates are drawn in several sweeps, and six blocks, so that ranks and chunks have borders.
inline std::vector<Customers> all_kinds_of_customers() {
  constexpr std::int64_t kRows = 21'001;
  std::vector<Customers> kinds;
  const auto add = [&](std::string name, const Matrix<double>& values, std::vector<float> weights = {}) {
    kinds.push_back({std::move(name), prepare_points(values, std::move(weights)), {}});
  };
  AwkwardRandom random(7);
  add("scattered", scatter(kRows, 5, 6, 1));
  add("one_feature", scatter(kRows, 1, 6, 2));
  add("far_from_zero", with_each(scatter(kRows, 3, 6, 3), 1.0, 1e6));
  add("tiny", with_each(scatter(kRows, 3, 6, 4), 1e-12, 0.0));

  Matrix<double> binary(kRows, 12);
  for (std::int64_t i = 0; i < kRows * 12; ++i) binary.data()[i] = random.uniform() < 0.3 ? 1.0 : 0.0;
  add("binary", binary);  // ties everywhere

  Matrix<double> lattice(kRows, 2);
  for (std::int64_t i = 0; i < kRows * 2; ++i) lattice.data()[i] = static_cast<double>(random.below(9));
  add("duplicates", lattice);

  std::vector<float> weights;
  for (std::int64_t i = 0; i < kRows; ++i) weights.push_back(i % 13 == 0 ? 0.0F : static_cast<float>(5.0 * random.uniform()));
  add("weighted", scatter(kRows, 4, 6, 5), weights);

  add("rejected", scatter(kRows, 4, 6, 6));
  for (std::int64_t i = 0; i < kRows; ++i) kinds.back().flags.push_back(i % 17 == 3 ? kFlagRejected : 0);
  add("weighted_rejected", scatter(kRows, 4, 6, 8), weights);
  kinds.back().flags = kinds[kinds.size() - 2].flags;

  add("gaps", scatter(kRows, 5, 6, 9));
  take_cells_out(kinds.back(), random);
  add("weighted_gaps", scatter(kRows, 4, 6, 10), weights);
  take_cells_out(kinds.back(), random);
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(kKindsOfCustomers));
  return kinds;
}

}  // namespace tessera::testing
