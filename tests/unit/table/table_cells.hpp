// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "tessera/table.hpp"

namespace tessera::testing {

/// A number so written that equal text means equal bits (all NaN are one).
inline std::string exact_text(double value) { return std::isnan(value) ? "nan" : fmt::format("{:a}", value); }

template <typename T>
T load_cell(const ColumnView& view, std::int64_t row) {
  T value;
  std::memcpy(&value, view.data + row * view.stride_bytes, sizeof(T));
  return value;
}

/// One cell: integers in decimal, floating-point numbers as exact_text(), text as it is.
inline std::string cell_text(const ColumnView& view, std::int64_t row) {
  switch (view.type) {
    case DataType::int8:
      return fmt::format("{}", static_cast<int>(load_cell<std::int8_t>(view, row)));
    case DataType::int16:
      return fmt::format("{}", load_cell<std::int16_t>(view, row));
    case DataType::int32:
      return fmt::format("{}", load_cell<std::int32_t>(view, row));
    case DataType::int64:
      return fmt::format("{}", load_cell<std::int64_t>(view, row));
    case DataType::uint8:
      return fmt::format("{}", static_cast<int>(load_cell<std::uint8_t>(view, row)));
    case DataType::uint16:
      return fmt::format("{}", load_cell<std::uint16_t>(view, row));
    case DataType::uint32:
      return fmt::format("{}", load_cell<std::uint32_t>(view, row));
    case DataType::uint64:
      return fmt::format("{}", load_cell<std::uint64_t>(view, row));
    case DataType::float32:
      return exact_text(static_cast<double>(load_cell<float>(view, row)));
    case DataType::float64:
      return exact_text(load_cell<double>(view, row));
    case DataType::text:
      return std::string((*view.text)[row]);
  }
  return "?";
}

using Cells = std::vector<std::vector<std::string>>;  ///< [rows][columns]

/// The cells of `columns`, read in runs of `run_rows` rows.
inline Cells read_cells(Table& table, const std::vector<int>& columns, std::int64_t run_rows) {
  Cells cells;
  RawChunk chunk;
  const std::int64_t total = table.info().rows;
  for (std::int64_t first = 0; first < total; first += run_rows) {
    const std::int64_t rows = std::min(run_rows, total - first);
    table.read(first, rows, columns, chunk);
    for (std::int64_t row = 0; row < rows; ++row) {
      std::vector<std::string>& line = cells.emplace_back();
      for (const ColumnView& view : chunk.columns) line.push_back(cell_text(view, row));
    }
  }
  return cells;
}

inline Cells read_cells(Table& table, std::int64_t run_rows) {
  std::vector<int> all(table.info().columns.size());
  std::iota(all.begin(), all.end(), 0);
  return read_cells(table, all, run_rows);
}

/// A seeded sequence for tests that need many different values but no quality.
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 17) ^ (state_ << 11);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tessera::testing
