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

}  // namespace tessera::testing
