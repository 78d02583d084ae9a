// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/column_levels.hpp"
#include "feed/analysis_sweep.hpp"

namespace tessera {

/// Codes of a column by labels, in their order; cells of other levels have none. Columns of numbers are matched by the numbers
/// that belong to the labels.
/// @param type    of the cells
/// @param levels  of the column; with every one of `labels` if it holds numbers
[[nodiscard]] CodeColumn codes_by_label(int column, DataType type, const ColumnLevels& levels,
                                        const std::vector<std::string>& labels);

/// 1 for cells of the level, 0 for others; parameters as above.
[[nodiscard]] NumberColumn indicator_of(int column, DataType type, const ColumnLevels& levels, const std::string& label);

}  // namespace tessera
