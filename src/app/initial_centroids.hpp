// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/job.hpp"
#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Reads centroids in original units and takes them through the plan's preparation. Columns are matched by name if the dataset
/// has the plan's names, else by position. Nominal columns hold labels (text) or the index of a level.
/// @returns [k x d] in prepared units
/// @throws FileError, DataError (columns missing, a cell missing, an unknown level)
[[nodiscard]] Matrix<float> read_initial_centroids(const std::filesystem::path& path, const std::string& dataset,
                                                   const FeaturePlan& plan);

}  // namespace tessera
