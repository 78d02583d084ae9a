// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "tessera/table.hpp"

namespace tessera {

/// Calls `visit(T{})` with a value of the C++ type that stores `type`. Not for text.
template <typename Visit>
void visit_type(DataType type, Visit&& visit) {
  switch (type) {
    case DataType::int8:
      return visit(std::int8_t{});
    case DataType::int16:
      return visit(std::int16_t{});
    case DataType::int32:
      return visit(std::int32_t{});
    case DataType::int64:
      return visit(std::int64_t{});
    case DataType::uint8:
      return visit(std::uint8_t{});
    case DataType::uint16:
      return visit(std::uint16_t{});
    case DataType::uint32:
      return visit(std::uint32_t{});
    case DataType::uint64:
      return visit(std::uint64_t{});
    case DataType::float32:
      return visit(float{});
    case DataType::float64:
      return visit(double{});
    case DataType::text:
      return;
  }
}

[[nodiscard]] constexpr bool is_integer(DataType type) { return type < DataType::float32; }

/// The cell at `address` of a strided column; rows of a compound table need not be aligned.
template <typename T>
[[nodiscard]] inline T load_cell(const std::byte* address) {
  T value;
  std::memcpy(&value, address, sizeof(T));
  return value;
}

/// Cells [first, first + count) of a numeric column as float64 (int64 beyond 2^53 are rounded).
inline void read_cells(const ColumnView& view, std::int64_t first, std::int64_t count, double* out) {
  visit_type(view.type, [&](auto zero) {
    using T = decltype(zero);
    const std::byte* address = view.data + first * view.stride_bytes;
    for (std::int64_t i = 0; i < count; ++i, address += view.stride_bytes) out[i] = static_cast<double>(load_cell<T>(address));
  });
}

}  // namespace tessera
