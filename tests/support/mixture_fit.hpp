// SPDX-License-Identifier: Apache-2.0
// Mixtures of made rows.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "backend/registry.hpp"
#include "comm/solo.hpp"
#include "fit/mixture.hpp"
#include "support/prepared_points.hpp"

namespace tessera::testing {

struct Points {
  Matrix<float> rows;
  std::vector<float> weights;
  std::vector<std::int32_t> truth;
};

struct Setting {
  std::string level = "auto";
  int threads = 1;
  std::int64_t chunk_rows = 0;
};

inline MixtureResult fit(const Points& points, const MixtureOptions& options, const Setting& setting = {},
                         std::vector<std::int32_t>* labels = nullptr) {
  QuietJob job(setting.threads);
  const JobContext context = job.context();
  const auto backend = open_backend({.device = "cpu", .cpu_level = setting.level}, context);
  const auto feeder = make_matrix_feeder(points.rows.view(), points.weights, {}, setting.chunk_rows, context);
  SoloCommunicator comm;
  return fit_mixture(*feeder, *backend, comm, options, context, [&](const Chunk&, const MixtureOutputs& outputs) {
    if (labels != nullptr) labels->insert(labels->end(), outputs.segment.begin(), outputs.segment.end());
  });
}

inline void expect_near(const Matrix<double>& got, const Matrix<double>& wanted, double relative) {
  ASSERT_EQ(got.rows(), wanted.rows());
  ASSERT_EQ(got.columns(), wanted.columns());
  double size = 0.0;
  for (std::int64_t i = 0; i < wanted.rows() * wanted.columns(); ++i) size = std::max(size, std::abs(wanted.data()[i]));
  for (std::int64_t i = 0; i < wanted.rows() * wanted.columns(); ++i) {
    EXPECT_NEAR(got.data()[i], wanted.data()[i], relative * size);
  }
}

/// But for rounding.
inline void expect_never_falls(const MixtureResult& result) {
  EXPECT_NE(result.stop_reason, "log-likelihood fell");
  ASSERT_GT(result.history.size(), 2U);
  for (std::size_t i = 1; i < result.history.size(); ++i) {
    EXPECT_GE(result.history[i], result.history[i - 1] - 1e-12 * std::abs(result.history[i]));
  }
}

inline void expect_same_bits(const Points& points, const MixtureOptions& options) {
  const MixtureResult wanted = fit(points, options);
  for (const Setting& setting :
       {Setting{"auto", 2, 4096}, Setting{"auto", 7, 8192}, Setting{"sse4", 2, 0}, Setting{"eigen", 2, 0}}) {
    const MixtureResult result = fit(points, options, setting);
    EXPECT_EQ(result.mixture, wanted.mixture) << setting.level << " " << setting.threads;
    EXPECT_EQ(result.fit.log_likelihood, wanted.fit.log_likelihood);
    EXPECT_EQ(result.rows, wanted.rows);
  }
}

/// Gives every third row weight 2, the others 1. @returns the rows unweighted, those of weight 2 twice
inline Points twice_for_weight_two(Points& points) {
  Points twice{Matrix<float>(0, points.rows.columns()), {}, {}};
  for (std::int64_t i = 0; i < points.rows.rows(); ++i) {
    const int copies = i % 3 == 0 ? 2 : 1;
    points.weights.push_back(static_cast<float>(copies));
    for (int copy = 0; copy < copies; ++copy) {
      twice.rows.resize_rows(twice.rows.rows() + 1);
      std::ranges::copy(points.rows.row(i), twice.rows.row(twice.rows.rows() - 1).begin());
    }
  }
  return twice;
}

}  // namespace tessera::testing
