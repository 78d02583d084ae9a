// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/job.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Rows whose id occurred before (empty ids aside): rows - distinct ids. Numbers are compared exactly, texts by 64-bit hashes.
/// Reads the column once per `memory_bytes` / 8 rows of the table.
[[nodiscard]] std::int64_t count_duplicate_ids(Table& table, int column, std::int64_t memory_bytes, const JobContext& job);

/// How often count_duplicate_ids would read the column.
[[nodiscard]] std::int64_t duplicate_id_passes(std::int64_t rows, std::int64_t memory_bytes);

}  // namespace tessera
