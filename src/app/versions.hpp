// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tessera {

/// "0.1.0"
[[nodiscard]] std::string version();

/// What this build is made of, for `--version` and the manifest: {"tessera", "0.1.0"}, {"compiler", ...}, {"hdf5", ...},
/// {"eigen", ...}, {"highway", ...}.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> versions();

}  // namespace tessera
