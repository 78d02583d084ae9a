// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/manifest.hpp"
#include "tessera/correlate.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// The options that a run was made with, as the command line names them. Paths are left out but for their last component: a
/// manifest says nothing about the machine or its users.
[[nodiscard]] std::vector<std::pair<std::string, OptionValue>> manifest_options(const SegmentOptions& options);
[[nodiscard]] std::vector<std::pair<std::string, OptionValue>> manifest_options(const AnalyseOptions& options);
[[nodiscard]] std::vector<std::pair<std::string, OptionValue>> manifest_options(const CorrelateOptions& options);

}  // namespace tessera
