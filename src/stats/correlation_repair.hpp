// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/matrix.hpp"

namespace tessera::stats {

struct RepairedCorrelation {
  Matrix<double> matrix;        ///< [m x m] positive semidefinite, unit diagonal
  bool repaired = false;        ///< by more than rounding
  double largest_change = 0.0;  ///< of any element
};

/// A correlation matrix whose elements come from different rows (pairwise complete) may belong to no data at all. Negative
/// eigenvalues are set to zero and the diagonal scaled back to one ("eigenvalue clipping": Rousseeuw & Molenberghs 1993).
/// Elements that are not defined (NaN) become 0. A matrix without negative eigenvalues is returned as it came.
/// @param correlations [m x m] symmetric
[[nodiscard]] RepairedCorrelation repaired_correlation(Matrix<double> correlations);

}  // namespace tessera::stats
