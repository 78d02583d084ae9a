// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tessera/model.hpp"

namespace tessera {

/// What load_model() does after a child process has done the same: reads and checks model.h5 in this process, where a damaged
/// file can crash HDF5. For fuzzing, which has to see inside. @throws as load_model()
[[nodiscard]] Model read_model(const std::filesystem::path& path);

}  // namespace tessera
