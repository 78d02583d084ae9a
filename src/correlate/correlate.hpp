// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/job.hpp"
#include "correlate/plan.hpp"
#include "tessera/backend.hpp"
#include "tessera/correlate.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Correlates the columns of a table as the options ask (method, listwise, ranks, kendall_rows, seed).
/// @param budget_bytes  for chunks, sums and sorted columns
/// @throws DataError (fewer than two columns or rows that can be used), ConfigError (Kendall with weights), MemoryError
[[nodiscard]] CorrelationTable correlate(Table& table, const CorrelationSource& source, const CorrelateOptions& options,
                                         Backend& backend, const JobContext& job, std::int64_t budget_bytes);

}  // namespace tessera
