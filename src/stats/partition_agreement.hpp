// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stats/result.hpp"
#include "tessera/matrix.hpp"

namespace tessera::stats {

/// How well two partitions of the same rows agree.
struct PartitionAgreement {
  double adjusted_rand = kUndefined;                ///< Hubert & Arabie (1985)
  double mutual_information = kUndefined;           ///< nats
  double adjusted_mutual_information = kUndefined;  ///< Vinh, Epps & Bailey (2010), arithmetic mean of the entropies
  double homogeneity = kUndefined;                  ///< each column holds one row only: 1. Rosenberg & Hirschberg (2007)
  double completeness = kUndefined;                 ///< each row lies in one column only: 1
  double v_measure = kUndefined;                    ///< harmonic mean of the two
};

/// Agreement from the contingency table; rows are the given partition, columns the found one. Two trivial partitions agree (1).
/// The expectation of the mutual information counts whole rows: cells are rounded. Undefined without rows.
/// @param counts [r x c] effective counts
[[nodiscard]] PartitionAgreement partition_agreement(MatrixView<const double> counts);

}  // namespace tessera::stats
