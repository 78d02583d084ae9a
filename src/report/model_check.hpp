// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tessera/model.hpp"

namespace tessera {

/// Checks that a model from an untrusted file can be used: lengths agree, indices are in range, scales are positive, centroids
/// finite. Whoever applies a model relies on it. @throws DataError that names what is wrong
void check_model(const Model& model, const std::filesystem::path& path);

}  // namespace tessera
