// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/analyse_summary.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// Describes the segments that a column of a table gives, and writes the run's folder. See AnalyseOptions.
/// @throws ConfigError, DataError, FileError, MemoryError, CancelledError
[[nodiscard]] AnalyseSummary run_analyse(const AnalyseOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
