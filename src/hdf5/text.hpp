// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hdf5/dataset.hpp"
#include "hdf5/element_type.hpp"
#include "tessera/table.hpp"

namespace tessera::hdf5 {

/// Cells in memory, as a Dataset read them: `rows` of them, `stride_bytes` apart.
struct StridedCells {
  const std::byte* data = nullptr;
  std::ptrdiff_t stride_bytes = 0;
  std::int64_t rows = 0;
  [[nodiscard]] const std::byte* at(std::int64_t row) const { return data + row * stride_bytes; }
};

/// The number at `cell`, as an integer; `type` is one of the integer types.
[[nodiscard]] std::int64_t load_integer(DataType type, const std::byte* cell);
/// The number at `cell`; `type` is any number.
[[nodiscard]] double load_number(DataType type, const std::byte* cell);

/// A number written out in the shortest form that reads back the same; empty for NaN.
[[nodiscard]] std::string number_text(DataType type, const std::byte* cell);

/// Appends cells of a text type, or numbers as number_text() writes them, to `out`.
/// A cell that reads `missing` becomes empty.
void append_text(const ElementType& type, StridedCells cells, TextCells& out, std::string_view missing = {});

/// A whole 1-D dataset as text. Call prepare_to_read() first. @throws DataError if it is not one of numbers or text, or takes
/// more than 256 MiB
[[nodiscard]] std::vector<std::string> read_text_column(const Dataset& dataset);

}  // namespace tessera::hdf5
