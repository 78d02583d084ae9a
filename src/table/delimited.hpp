// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "tessera/table.hpp"

namespace tessera {

/// Opens a CSV or TSV, plain or gzip, as a table.
/// @throws FileError if it cannot be read; DataError if it is not delimited text
[[nodiscard]] std::unique_ptr<Table> open_delimited(const std::filesystem::path& path, const TableOptions& options);

}  // namespace tessera
