// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Weights as counts that tests may take at their word: scaled to sum to the effective n (moments.hpp). Plain counts stay what
/// they are. Every function on tables of counts expects such ones; negative or NaN cells make its result undefined.
/// @param weights         [r x c] sums of weights
/// @param weight_squares  sum of w^2 over all rows of the table
[[nodiscard]] Matrix<double> effective_counts(MatrixView<const double> weights, double weight_squares);

/// No cell is negative, infinite or NaN.
[[nodiscard]] bool is_table_of_counts(MatrixView<const double> counts);

/// Sums over rows and columns of a table.
struct Margins {
  std::vector<double> rows;     ///< [r]
  std::vector<double> columns;  ///< [c]
  double total = 0.0;

  /// Rows and columns that are not empty.
  [[nodiscard]] double filled_rows() const;
  [[nodiscard]] double filled_columns() const;
  /// Count of cell (i, j) if rows and columns were independent.
  [[nodiscard]] double expected(std::int64_t i, std::int64_t j) const;
};

[[nodiscard]] Margins margins_of(MatrixView<const double> counts);

/// Least expected count over rows and columns that are not empty; below 5 the chi-squared distribution is a poor guide (Cochran
/// 1954) and monte_carlo_p a better one. Undefined without rows.
[[nodiscard]] double least_expected(MatrixView<const double> counts);

/// Pearson's test of independence without continuity correction. Pearson (1900); Fisher (1922). Empty rows and columns do not
/// count; undefined unless two of each are left.
[[nodiscard]] TestResult chi_squared_test(MatrixView<const double> counts);

/// The same with the continuity correction of Yates (1934): for 2 x 2 tables (after leaving out empty rows and columns), else
/// undefined.
[[nodiscard]] TestResult chi_squared_yates(MatrixView<const double> counts);

/// Likelihood-ratio test of independence, G. Wilks (1935). Same conditions as chi_squared_test.
[[nodiscard]] TestResult g_test(MatrixView<const double> counts);

/// (observed - expected) / its standard deviation under independence: normal, beyond +-2 is noteworthy. Haberman, The analysis
/// of residuals in cross-classified tables (1973). [r x c]; undefined in empty rows and columns and where a margin is all.
[[nodiscard]] Matrix<double> adjusted_residuals(MatrixView<const double> counts);

}  // namespace tessera::stats
