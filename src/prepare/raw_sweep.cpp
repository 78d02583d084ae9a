// SPDX-License-Identifier: Apache-2.0
#include "prepare/raw_sweep.hpp"

#include <algorithm>

#include "prepare/block_moments.hpp"

namespace tessera {

std::int64_t rows_per_read(const Table& table, std::int64_t bytes_per_row, std::int64_t budget_bytes) {
  constexpr std::int64_t kWanted = 32 * kReductionRows;
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
  return bytes;
}

void sweep_raw(Table& table, std::span<const int> columns, std::int64_t rows_per_chunk, const JobContext& job,
               const std::function<void(const RawChunk&)>& visit) {
  const std::int64_t rows = table.info().rows;
  RawChunk chunk;
  for (std::int64_t first = 0; first < rows; first += rows_per_chunk) {
    job.cancel.check();
    const std::int64_t count = std::min(rows_per_chunk, rows - first);
    table.read(first, count, columns, chunk);
    visit(chunk);
    job.observer.progress(first + count);
  }
}

}  // namespace tessera
