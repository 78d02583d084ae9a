// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "tessera/matrix.hpp"

namespace tessera::stats {

/// Adjusted Rand index of two labelings of the same n rows: 1 for equal partitions, 0 on average for independent ones.
/// Hubert & Arabie, Comparing partitions (1985). A row of weight w counts as w equal rows that are labelled together.
/// @param first, second  [n] labels >= 0
/// @param weights        [n] > 0 in units of one row, or empty: every row counts once
[[nodiscard]] double adjusted_rand_index(std::span<const std::int32_t> first, std::span<const std::int32_t> second,
                                         std::span<const double> weights = {});

/// The same from the contingency table of both.
/// @param counts [r x c] in units of one row
[[nodiscard]] double adjusted_rand_index(MatrixView<const double> counts);

}  // namespace tessera::stats
