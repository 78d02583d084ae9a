// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "prepare/value_stream.hpp"

namespace tessera {

/// Looks for numeric columns that say the same thing twice: copies, and pairs that move together (|r| > 0.98). Reads a bounded
/// number of rows from blocks spread evenly over the table, so it is advice, not a statistic.
/// @param columns only the numeric ones are looked at
/// @param names [numeric columns]
/// @param rows_at_once rows of the longest read
/// @return one sentence per pair, at most five, then a count
[[nodiscard]] std::vector<std::string> find_collinear(Table& table, const LearnColumns& columns,
                                                      std::span<const std::string> names, std::int64_t rows_at_once,
                                                      const JobContext& job);

}  // namespace tessera
