// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera::calibrate {

/// A table as the default preparation leaves it, with its plan.
struct PreparedTable {
  Matrix<float> rows;  ///< [n x d]
  FeaturePlan plan;
};

/// Names of the families of tables without segments that the calibration must pass.
[[nodiscard]] std::vector<std::string> required_null_families();
/// Further ones: shared factors, skewed and polarised answers, other tails, independent categories, mixtures of all.
[[nodiscard]] std::vector<std::string> further_null_families();

/// Table `number` of a family. @throws std::invalid_argument if there is no such family
[[nodiscard]] PreparedTable null_table(const std::string& family, std::int64_t n, std::int64_t d, std::uint32_t number);

/// k equally large spherical Gaussian blobs in a box just large enough for their random centres to be at least `distance`
/// standard deviations apart.
[[nodiscard]] PreparedTable blob_table(int k, std::int64_t n, std::int64_t d, double distance, std::uint32_t number);

/// What the default preparation makes of numeric columns [n x d].
[[nodiscard]] PreparedTable prepare_columns(const Matrix<double>& raw);

/// Annual income and spending score [200 x 2] of mall_customers.csv.
[[nodiscard]] Matrix<double> mall_columns(const std::filesystem::path& path);

}  // namespace tessera::calibrate
