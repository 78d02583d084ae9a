// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "tessera/table.hpp"

namespace tessera::testing {

/// Cell `row` of a numeric column.
inline double number_at(const ColumnView& view, std::int64_t row) {
  const std::byte* at = view.data + row * view.stride_bytes;
  const auto load = [&](auto value) {
    std::memcpy(&value, at, sizeof(value));
    return static_cast<double>(value);
  };
  switch (view.type) {
    case DataType::int8:
      return load(std::int8_t{});
    case DataType::int16:
      return load(std::int16_t{});
    case DataType::int32:
      return load(std::int32_t{});
    case DataType::int64:
      return load(std::int64_t{});
    case DataType::uint8:
      return load(std::uint8_t{});
    case DataType::uint16:
      return load(std::uint16_t{});
    case DataType::uint32:
      return load(std::uint32_t{});
    case DataType::uint64:
      return load(std::uint64_t{});
    case DataType::float32:
      return load(float{});
    case DataType::float64:
      return load(double{});
    case DataType::text:
      break;
  }
  throw std::logic_error("not a numeric column");
}

/// A whole column: `numbers` or `text` is filled.
struct ColumnCells {
  ColumnSchema schema;
  std::vector<double> numbers;
  std::vector<std::string> text;
};

inline ColumnCells read_column(Table& table, int index) {
  ColumnCells cells = {table.info().columns.at(static_cast<std::size_t>(index)), {}, {}};
  RawChunk chunk;
  table.read(0, table.info().rows, {&index, 1}, chunk);
  const ColumnView& view = chunk.columns.front();
  for (std::int64_t i = 0; i < chunk.rows; ++i) {
    if (view.text != nullptr) {
      cells.text.emplace_back((*view.text)[i]);
    } else {
      cells.numbers.push_back(number_at(view, i));
    }
  }
  return cells;
}

}  // namespace tessera::testing
