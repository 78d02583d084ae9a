// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>

#include "app/rfm.hpp"
#include "app/rfm_table.hpp"
#include "core/job.hpp"

namespace tessera {

/// Where the CSV beside an output goes: the same name with the ending .csv.
[[nodiscard]] std::filesystem::path rfm_csv_path(const std::filesystem::path& output);

/// Writes customers.h5 and, if asked for, the CSV; both appear whole. Counts the stages into the report.
/// @throws FileError, CancelledError
void write_rfm_files(const RfmTable& table, const RfmOptions& options, Observer& observer, const CancelToken& cancel,
                     RfmReport& report);

}  // namespace tessera
