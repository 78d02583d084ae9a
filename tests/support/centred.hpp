// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include "tessera/matrix.hpp"

namespace tessera::testing {

/// Subtracts a whole number near each column's mean, as prepare centres unscaled columns; returns what was subtracted [d].
inline std::vector<double> centre_columns(Matrix<double>& values) {
  std::vector<double> centres(static_cast<std::size_t>(values.columns()), 0.0);
  for (std::int64_t j = 0; j < values.columns(); ++j) {
    double& centre = centres[static_cast<std::size_t>(j)];
    for (std::int64_t i = 0; i < values.rows(); ++i) centre += values(i, j) / static_cast<double>(values.rows());
    centre = std::round(centre);
    for (std::int64_t i = 0; i < values.rows(); ++i) values(i, j) -= centre;
  }
  return centres;
}

}  // namespace tessera::testing
