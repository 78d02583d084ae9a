// SPDX-License-Identifier: Apache-2.0
#include "prepare/row_checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "prepare/cells.hpp"

namespace tessera {

DataLocation location_of(const TableInfo& info, int column, std::int64_t row) {
  return {info.path.string(), info.dataset, row, info.columns[static_cast<std::size_t>(column)].name};
}

bool is_weight(double weight) { return weight >= 0.0 && weight <= static_cast<double>(std::numeric_limits<float>::max()); }

DataError bad_weight(double weight, const DataLocation& where) {
  const char* const problem = std::isnan(weight) ? "is missing" : weight < 0.0 ? "is negative" : "is infinite or beyond 3.4e38";
  return DataError(fmt::format("the weight of the row {}", problem), where,
                   "every row needs a weight from 0 up; 0 keeps a row out of the fit");
}

bool is_missing(const ColumnView& view, std::int64_t row) {
  if (view.type == DataType::text) return (*view.text)[row].empty();
  double value = 0.0;
  read_cells(view, row, 1, &value);
  return !std::isfinite(value);
}

DataError missing_cell(const DataLocation& where, const std::string& counts) {
  const std::string all = counts.empty() ? "" : fmt::format(" (missing cells in all: {})", counts);
  return DataError("the cell is missing" + all, where, "fill it, or use --missing impute or --missing drop-row");
}

}  // namespace tessera
