// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/thread_pool.hpp"
#include "correlate/row_store.hpp"
#include "stats/co_moments.hpp"
#include "tessera/backend.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Co-moments of the exact mid-ranks of every two columns, over the rows that have both, ranked among these: [columns x
/// columns], y >= x filled. A row of weight 2 ranks as the row twice. Columns without gaps are ranked once and go through a
/// moments pass; the others are ranked anew with each partner, in the order they were sorted into once.
/// @param rows  its columns are sorted apart: takes 20 bytes a cell more
[[nodiscard]] Matrix<stats::CoMoments> rank_co_moments(const StoredRows& rows, Backend& backend, ThreadPool& threads);

/// Bytes that rank_co_moments() takes for each cell, with the rows themselves and those of a segment of them.
inline constexpr std::int64_t kExactRankCellBytes = 8 + 8 + 8 + 4;

}  // namespace tessera
