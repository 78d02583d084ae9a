// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/analysis_job.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// The column that `--by` names. @throws ConfigError if it names none, or several
[[nodiscard]] int segment_column(const TableInfo& info, const std::string& name);

/// The labels of the segments that a column gives, the largest first. @throws DataError if it is empty or has too many levels
[[nodiscard]] std::vector<std::string> given_segments(const ProfiledColumns& columns, int by, const TableInfo& info);

}  // namespace tessera
