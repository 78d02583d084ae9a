// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/int128.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Units in which a fit counts. All are powers of two, so that sums are integers and addition is associative.
struct GridUnits {
  std::vector<int> feature_exponent;  ///< [d] feature j is counted in units of 2^feature_exponent[j]
  int weight_exponent = 0;            ///< weights in units of 2^weight_exponent
  int objective_exponent = 0;  ///< w * d^2 in units of 2^objective_exponent, at most 2^62 of them a row (docs/numerics.md, 2)
};

/// Additive sufficient statistics of one nearest pass: the same for any split of the rows into chunks, threads or ranks.
struct NearestStatistics {
  NearestStatistics() = default;
  /// @param gaps  rows may have gaps: room for what they add
  NearestStatistics(std::int64_t segments, std::int64_t features, bool gaps = false)
      : sums(segments, features), weights(static_cast<std::size_t>(segments)), rows(static_cast<std::size_t>(segments)) {
    if (gaps) gap_sums = gap_weights = Matrix<Int128>(segments, features);
  }

  Matrix<Int128> sums;             ///< [k x d] sum of w * x over rows without gaps, in feature units (times the unit weight)
  std::vector<Int128> weights;     ///< [k] in weight units
  std::vector<std::int64_t> rows;  ///< [k] rows of positive weight
  /// [k x d], or none where rows cannot have gaps. A row with gaps counts S 2^-12 times, S = exact::gap_scale, and
  /// only in the features it has; it has no part in `sums`, but in `weights` and `rows` it counts once.
  Matrix<Int128> gap_sums;          ///< sum of S * w * x in feature units times 2^-12
  Matrix<Int128> gap_weights;       ///< sum of (S if the feature is known, else 0) * w - 2^12 * w, in weight units times 2^-12
  Int128 objective = 0;             ///< sum of w * d^2 in objective units; only if the pass was asked for it
  std::int64_t reference_rows = 0;  ///< rows that the screen could not certify: counts work, may differ between CPU levels

  /// Adds `other` into this; shapes must agree, or be empty in `other`.
  void add(const NearestStatistics& other);
  bool operator==(const NearestStatistics&) const = default;
};

}  // namespace tessera
