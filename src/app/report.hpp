// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

namespace tessera {

/// What rendering a run's report again came to.
struct ReportResult {
  std::filesystem::path html, markdown;
  std::size_t html_bytes = 0;
  int segments = 0;
  int changed_names = 0;  ///< segments whose name is not the default one
};

/// Renders report.html and report.md of a run again from its summary.json and names.json; no data are needed. Writes names.json
/// with the default names if it is not there. @throws FileError (no run there), DataError (a file of it is damaged)
[[nodiscard]] ReportResult report_run(const std::filesystem::path& run);

}  // namespace tessera
