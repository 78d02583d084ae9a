// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "report/inspect_report.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// What `inspect` is asked to look at.
struct InspectOptions {
  std::filesystem::path input;
  std::string dataset;     ///< HDF5 path; empty: the only candidate
  PrepareOptions prepare;  ///< as for `segment`, to see what they would do
  EngineOptions engine;
};

/// Looks at every column of a table and says what `segment` would do with it. Writes nothing.
/// @throws DataError, FileError, ConfigError, CancelledError
[[nodiscard]] InspectReport run_inspect(const InspectOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
