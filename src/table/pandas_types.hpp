// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "hdf5/handle.hpp"
#include "table/column_source.hpp"

namespace tessera {

/// How to read values that pandas calls `stored` ("datetime64[ns]", "timedelta64[ns]", "bool", "int64" ...): times become days.
[[nodiscard]] DatasetColumn pandas_column(const std::string& stored);
/// The kind that follows from it: date for points in time.
[[nodiscard]] std::optional<Kind> pandas_kind(const std::string& stored);
/// pandas pickles a name that is not plain text; `fallback` stands for such a one, and for none.
[[nodiscard]] std::string pandas_plain_name(const std::string& stored, const std::string& fallback);
/// The name of an index, or "index".
[[nodiscard]] std::string pandas_index_name(hid_t index);
/// The line that writes a frame anew so that it can be read.
[[nodiscard]] std::string pandas_recipe(const std::string& file, const std::string& key);

}  // namespace tessera
