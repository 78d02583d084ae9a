// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/job.hpp"
#include "prepare/column_tally.hpp"
#include "tessera/communicator.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// One sweep over every column: kinds, roles, missing cells, moments, levels. The same for any thread count and chunk size.
/// @param tallies if not null: receives, for each column, what saves learn_plan sweeps
/// @throws ConfigError if a column asked for does not exist (with the nearest name)
[[nodiscard]] std::vector<ColumnProfile> profile_columns(Table& table, const PrepareOptions& options, const JobContext& job,
                                                         std::int64_t memory_bytes,
                                                         std::vector<ColumnTally>* tallies = nullptr);

/// True if a plan reads the cells of this column as labels, not as numbers.
[[nodiscard]] bool read_as_levels(const ColumnProfile& profile);

/// Turns profiles into a plan: decides, then learns fills, moments and the grid in as many sweeps as that needs.
/// @param tallies of profile_columns with the same options, or empty: the plan is the same, learned in more sweeps
/// @throws DataError (missing cells under MissingPolicy::error, no rows, no usable feature), ConfigError
[[nodiscard]] FeaturePlan learn_plan(Table& table, const std::vector<ColumnProfile>& profiles, const PrepareOptions& options,
                                     const JobContext& job, std::int64_t memory_bytes,
                                     std::span<const ColumnTally> tallies = {});

}  // namespace tessera
