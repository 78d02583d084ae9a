// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace tessera {

/// Where `score --csv` writes beside `output`: out.h5 -> out.csv.
[[nodiscard]] std::filesystem::path csv_beside(const std::filesystem::path& output);

}  // namespace tessera
