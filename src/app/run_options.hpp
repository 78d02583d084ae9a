// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "tessera/segmentation.hpp"

namespace tessera {

/// The options of an earlier run, from the member `options` of its manifest.json: the inverse of manifest_options(). What a
/// manifest does not hold (input, output, --init, the machine's options) has its default, and so has what it does not name.
/// @throws nlohmann::json::exception if an option has another type; ConfigError if a value is not one that users may give
[[nodiscard]] SegmentOptions options_of_run(const nlohmann::json& options);

}  // namespace tessera
