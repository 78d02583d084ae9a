// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/job.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Rows per read: what suits the file, but not so few that a read is mostly waiting, at most what `budget_bytes` holds; a
/// multiple of kReductionRows.
[[nodiscard]] std::int64_t rows_per_read(const Table& table, std::int64_t bytes_per_row, std::int64_t budget_bytes);

/// Bytes that sweep_raw holds for each row of a read of these columns (text counted at a typical length): one chunk is read
/// while the one before is visited.
[[nodiscard]] std::int64_t raw_row_bytes(const TableInfo& info, std::span<const int> columns);

/// Reads the table once, chunk by chunk in row order, one chunk ahead on a thread of its own; looks at the cancel token and
/// reports progress in between. `visit` must not read the table.
void sweep_raw(Table& table, std::span<const int> columns, std::int64_t rows_per_chunk, const JobContext& job,
               const std::function<void(const RawChunk&)>& visit);

}  // namespace tessera
