// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "tessera/segmentation.hpp"

namespace tessera::cli {

/// Adds the options that say what is to be told of segments.
void add_analysis_options(CLI::App& app, AnalysisOptions& options);

}  // namespace tessera::cli
