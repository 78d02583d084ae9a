// SPDX-License-Identifier: Apache-2.0
#include "prepare/raw_sweep.hpp"

#include <algorithm>
#include <array>

#include "core/read_ahead.hpp"
#include "prepare/block_moments.hpp"

namespace tessera {

std::int64_t rows_per_read(const Table& table, std::int64_t bytes_per_row, std::int64_t budget_bytes) {
  constexpr std::int64_t kWanted = 16 * kReductionRows;
  const std::int64_t preferred = std::max(table.preferred_rows() / kReductionRows, std::int64_t{1}) * kReductionRows;
  const std::int64_t wanted = preferred * std::max(kWanted / preferred, std::int64_t{1});
  const std::int64_t affordable = budget_bytes / std::max(bytes_per_row, std::int64_t{1}) / kReductionRows * kReductionRows;
  return std::max(std::min(wanted, affordable), kReductionRows);
}

std::int64_t raw_row_bytes(const TableInfo& info, std::span<const int> columns) {
  constexpr std::int64_t kTypicalText = 40;
  std::int64_t bytes = 0;
  for (const int column : columns) {
    bytes += info.columns[static_cast<std::size_t>(column)].type == DataType::text ? kTypicalText : 8;
  }
  return bytes * ReadAhead::kSlots;
}

void sweep_raw(Table& table, std::span<const int> columns, std::int64_t rows_per_chunk, const JobContext& job,
               const std::function<void(const RawChunk&)>& visit) {
  const std::int64_t rows = table.info().rows;
  const std::int64_t chunks = (rows + rows_per_chunk - 1) / rows_per_chunk;
  std::array<RawChunk, ReadAhead::kSlots> raw;
  ReadAhead reader(chunks, [&](std::int64_t i, int slot) {
    const std::int64_t first = i * rows_per_chunk;
    table.read(first, std::min(rows_per_chunk, rows - first), columns, raw[static_cast<std::size_t>(slot)]);
  });
  for (std::int64_t i = 0; i < chunks; ++i) {
    job.cancel.check();
    const RawChunk& chunk = raw[static_cast<std::size_t>(reader.next())];
    visit(chunk);
    job.observer.progress(chunk.first_row + chunk.rows);
  }
}

}  // namespace tessera
