// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "hdf5/child_process.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Opens the table in an HDF5 file. A forked child walks it first, as open_table() describes.
/// @throws as open_table()
[[nodiscard]] std::unique_ptr<Table> open_hdf5_table(const std::filesystem::path& path, const TableOptions& options,
                                                     const hdf5::ChildLimits& limits = {});

/// The same without the child: for files that this process has written itself.
[[nodiscard]] std::unique_ptr<Table> open_trusted_hdf5_table(const std::filesystem::path& path, const TableOptions& options);

}  // namespace tessera
