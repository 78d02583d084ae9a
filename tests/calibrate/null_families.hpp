// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera::calibrate {

/// A table as the default preparation would leave it (standardised; log1p where that removes a skew over 2), with its plan.
struct PreparedTable {
  Matrix<float> rows;  ///< [n x d]
  FeaturePlan plan;
};

/// Names of the families of tables without segments that the calibration covers.
[[nodiscard]] std::vector<std::string> required_null_families();
/// Further ones, harder: shared factors, skewed answers, independent categories.
[[nodiscard]] std::vector<std::string> further_null_families();

/// Table `number` of a family. @throws std::invalid_argument if there is no such family
[[nodiscard]] PreparedTable null_table(const std::string& family, std::int64_t n, std::int64_t d, std::uint32_t number);

/// k spherical Gaussian blobs of random places, whose centres are at least `distance` standard deviations apart.
[[nodiscard]] PreparedTable blob_table(int k, std::int64_t n, std::int64_t d, double distance, std::uint32_t number);

/// Standardises columns, after log1p where the default preparation would take it.
[[nodiscard]] PreparedTable prepare_columns(Matrix<double> raw);

}  // namespace tessera::calibrate
