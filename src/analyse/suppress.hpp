// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/analysis.hpp"

namespace tessera {

/// Takes out what is said of fewer than analysis.min_cell customers. In every table of counts, cells that the margins would
/// give away are taken out with them. Differences between tables are not looked at.
void suppress_small(Analysis& analysis);

/// The cells of a table [rows x columns] that may not be shown: those of 1 to `least` - 1, and beside them as many others (the
/// smallest) as it takes that no row or column has exactly one.
[[nodiscard]] std::vector<bool> hidden_cells(const std::vector<std::int64_t>& counts, std::size_t rows, std::size_t columns,
                                             std::int64_t least);

}  // namespace tessera
