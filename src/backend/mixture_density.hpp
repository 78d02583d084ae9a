// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tessera/mixture.hpp"

namespace tessera {

/// Rows of a whitening matrix that lie side by side, so that a kernel can take them at once.
inline constexpr std::int64_t kWhitenedRows = 4;

/// A mixture as its passes use it, of rows that have `numbers` of its numbers. With z = x - center and the inverse W of the
/// Cholesky factor of a component's covariance, log(weight N(x)) = log_factor - |W z - shift|^2 / 2, where
/// shift = W (mean - center).
struct MixtureDensity {
  /// Of rows that have all numbers. @throws NumericalError if a covariance is not positive definite (names the component)
  explicit MixtureDensity(const Mixture& mixture);
  /// @param numbers  numbers() of the mixture
  /// @param present  ascending places among them
  MixtureDensity(const Mixture& mixture, const std::vector<int>& numbers, const std::vector<int>& present);

  std::int64_t components = 0, features = 0;
  std::int64_t padded = 0;         ///< features, rounded up to kWhitenedRows
  bool triangular = false;         ///< W is a lower triangle (full, tied), else a diagonal
  bool shared = false;             ///< of all components (tied)
  std::vector<double> center;      ///< [features]
  std::vector<double> log_factor;  ///< [k]
  std::vector<double> shift;       ///< [k x padded], zeros at the end
  /// Triangles: [1 or k] panels; a panel is kWhitenedRows rows of W, column by column up to the last that is not zero, then the
  /// next rows. Diagonals: [k x padded].
  std::vector<double> whitening;
  std::int64_t panel_size = 0;  ///< numbers of one component in `whitening`

  /// Columns of the rows of W that begin with row `first`.
  [[nodiscard]] std::int64_t columns_at(std::int64_t first) const {
    return first + kWhitenedRows < features ? first + kWhitenedRows : features;
  }
  /// W_ij of a triangle, j <= i.
  [[nodiscard]] double whiten(std::int64_t component, std::int64_t i, std::int64_t j) const {
    const std::int64_t first = i / kWhitenedRows * kWhitenedRows;
    const std::int64_t before = first * (first + kWhitenedRows) / 2;  // the panels above are full
    return whitening[static_cast<std::size_t>((shared ? 0 : component * panel_size) + before + j * kWhitenedRows + i - first)];
  }
};

/// log shares of the levels of a mixture's categories, block after block: [levels x k].
[[nodiscard]] Matrix<double> log_shares(const Mixture& mixture);

}  // namespace tessera
