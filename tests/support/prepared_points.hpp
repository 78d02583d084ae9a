// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "comm/solo.hpp"
#include "core/job.hpp"
#include "exact/grid.hpp"
#include "exact/philox.hpp"
#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera::testing {

/// Points as a plan of continuous features would prepare them without scaling: on the grid, with the plan that says so.
struct PreparedPoints {
  Matrix<float> rows;
  std::vector<float> weights;  // empty: every row counts once
  FeaturePlan plan;
};

inline PreparedPoints prepare_points(const Matrix<double>& values, std::vector<float> weights = {}) {
  PreparedPoints prepared{Matrix<float>(values.rows(), values.columns()), std::move(weights), {}};
  for (const float weight : prepared.weights) {
    prepared.plan.largest_weight = std::max(prepared.plan.largest_weight, static_cast<double>(weight));
  }
  if (!prepared.weights.empty()) {
    prepared.plan.weight_exponent = exact::ceil_exponent(prepared.plan.largest_weight) - exact::kGridBits;
  }
  for (std::int64_t j = 0; j < values.columns(); ++j) {
    double largest = 0.0;
    for (std::int64_t i = 0; i < values.rows(); ++i) largest = std::max(largest, std::abs(values(i, j)));
    const int exponent = exact::grid_exponent(largest, prepared.plan.largest_weight);
    for (std::int64_t i = 0; i < values.rows(); ++i)
      prepared.rows(i, j) = exact::to_grid(values(i, j), exact::make_grid(exponent));
    std::string name = std::to_string(j);
    name.insert(0, 1, 'x');
    prepared.plan.feature_names.push_back(name);
    prepared.plan.grid_exponent.push_back(exponent);
    FeatureSource source;
    source.name = name;
    source.first_feature = static_cast<int>(j);
    prepared.plan.sources.push_back(source);
  }
  return prepared;
}

/// `k` blobs with centres on a line 10 apart and a uniform spread of +-1, rows interleaved; addressed by `seed`.
inline Matrix<double> make_blobs(std::int64_t n, std::int64_t d, std::int64_t k, std::uint64_t seed) {
  Matrix<double> values(n, d);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < d; ++j) {
      const double noise = exact::random_uniform(seed, exact::Purpose::generate, static_cast<std::uint64_t>(i * d + j), 0);
      values(i, j) = 10.0 * static_cast<double>(i % k) + 2.0 * noise - 1.0;
    }
  }
  return values;
}

/// Surroundings of a job that nobody watches.
class QuietJob {
 public:
  explicit QuietJob(int threads = 1) : pool_(threads) {}
  [[nodiscard]] JobContext context() { return {observer_, cancel_, pool_}; }
  [[nodiscard]] CancelToken& cancel() { return cancel_; }

 private:
  SilentObserver observer_;
  CancelToken cancel_;
  ThreadPool pool_;
};

/// The rows in an order of their own.
inline std::vector<std::vector<float>> as_set(const Matrix<float>& centroids) {
  std::vector<std::vector<float>> rows;
  for (std::int64_t c = 0; c < centroids.rows(); ++c) rows.emplace_back(centroids.row(c).begin(), centroids.row(c).end());
  std::ranges::sort(rows);
  return rows;
}

}  // namespace tessera::testing
