// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tessera {

/// Names for the columns of a header: trimmed; an empty one becomes col_003 (its place, from 1), a repeated one gets _2, _3,
/// ... Names never depend on anything but the header. All differ. @param renamed receives a sentence per name that was made up
[[nodiscard]] std::vector<std::string> unique_column_names(const std::vector<std::string>& header,
                                                           std::vector<std::string>& renamed);

/// Names under which the columns can be stored in one group of an HDF5 file: no slash, not "." or "..", all different.
[[nodiscard]] std::vector<std::string> dataset_names(const std::vector<std::string>& column_names);

}  // namespace tessera
