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
  NearestStatistics(std::int64_t segments, std::int64_t features)
      : sums(segments, features), weights(static_cast<std::size_t>(segments)), rows(static_cast<std::size_t>(segments)) {}

  Matrix<Int128> sums;              ///< [k x d] sum of w * x, in feature units (times the unit weight)
  std::vector<Int128> weights;      ///< [k] in weight units
  std::vector<std::int64_t> rows;   ///< [k] rows of positive weight
  Int128 objective = 0;             ///< sum of w * d^2 in objective units; only if the pass was asked for it
  std::int64_t reference_rows = 0;  ///< rows that the screen could not certify: counts work, may differ between CPU levels

  /// Adds `other` into this; shapes must agree.
  void add(const NearestStatistics& other);
  bool operator==(const NearestStatistics&) const = default;
};

}  // namespace tessera
