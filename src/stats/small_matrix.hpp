// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "tessera/matrix.hpp"

namespace tessera::stats {

/// All elements, row after row.
[[nodiscard]] inline std::span<const double> elements(MatrixView<const double> matrix) {
  return {matrix.data, static_cast<std::size_t>(matrix.rows * matrix.columns)};
}

[[nodiscard]] inline bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
}

/// [r x c] of `change(element)`.
template <typename Change>
[[nodiscard]] Matrix<double> transformed(MatrixView<const double> matrix, Change change) {
  Matrix<double> result(matrix.rows, matrix.columns);
  std::ranges::transform(elements(matrix), result.data(), change);
  return result;
}

[[nodiscard]] inline Matrix<double> copy_of(MatrixView<const double> matrix) {
  return transformed(matrix, [](double x) { return x; });
}

}  // namespace tessera::stats
