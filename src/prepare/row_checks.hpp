// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "tessera/error.hpp"
#include "tessera/table.hpp"

namespace tessera {

[[nodiscard]] DataLocation location_of(const TableInfo& info, int column, std::int64_t row);

/// Finite, >= 0 and within float32.
[[nodiscard]] bool is_weight(double weight);
[[nodiscard]] DataError bad_weight(double weight, const DataLocation& where);

/// NaN, infinite, or empty text.
[[nodiscard]] bool is_missing(const ColumnView& view, std::int64_t row);
/// @param counts "income 24, age 3": missing cells per column, or empty
[[nodiscard]] DataError missing_cell(const DataLocation& where, const std::string& counts = {});

}  // namespace tessera
