// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/job.hpp"
#include "tessera/communicator.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// One sweep over every column: kinds, roles, missing cells, moments, levels. The same for any thread count and chunk size.
/// @throws ConfigError if a column asked for does not exist (with the nearest name)
[[nodiscard]] std::vector<ColumnProfile> profile_columns(Table& table, const PrepareOptions& options, const JobContext& job,
                                                         std::int64_t memory_bytes);

/// Turns profiles into a plan: decides, then learns fills, moments and the grid in as many sweeps as that needs.
/// @throws DataError (missing cells under MissingPolicy::error, no rows, no usable feature), ConfigError
[[nodiscard]] FeaturePlan learn_plan(Table& table, const std::vector<ColumnProfile>& profiles, const PrepareOptions& options,
                                     const JobContext& job, std::int64_t memory_bytes);

}  // namespace tessera
