// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tessera/model.hpp"

namespace tessera {

/// Check that a model from an untrusted file can be used: lengths agree, indices are in range, scales are positive, centroids
/// finite. Whoever applies a model relies on it. @throws DataError that names what is wrong
void check_plan(const FeaturePlan& plan, const std::filesystem::path& path);
/// The rest, once the plan is sound.
void check_segments(const Model& model, const std::filesystem::path& path);

}  // namespace tessera
