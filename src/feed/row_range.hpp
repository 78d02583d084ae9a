// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "feed/feeder.hpp"

namespace tessera {

/// Rows [first, first + count) of a table.
struct RowRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// The contiguous run of rows that a rank owns. Borders lie on block borders; ranks beyond the last block own nothing.
[[nodiscard]] inline RowRange rows_of_rank(std::int64_t total_rows, int rank, int size) {
  const std::int64_t blocks = (total_rows + kBlockRows - 1) / kBlockRows;
  const std::int64_t first = std::min(total_rows, blocks * rank / size * kBlockRows);
  const std::int64_t last = std::min(total_rows, blocks * (rank + 1) / size * kBlockRows);
  return {first, last - first};
}

/// `rows` made a positive multiple of kBlockRows, rounding down but never below one block.
[[nodiscard]] inline std::int64_t whole_blocks(std::int64_t rows) {
  return std::max(kBlockRows, rows / kBlockRows * kBlockRows);
}

/// Rows per chunk that suit a pass when memory sets no narrower limit: enough that a virtual call and a wake-up of the threads
/// cost nothing, few enough that a chunk stays in the last-level cache of a server.
[[nodiscard]] inline std::int64_t comfortable_chunk_rows(std::int64_t features) {
  constexpr std::int64_t kChunkBytes = std::int64_t{16} << 20;
  return whole_blocks(kChunkBytes / (std::max<std::int64_t>(features, 1) * std::int64_t{sizeof(float)}));
}

}  // namespace tessera
