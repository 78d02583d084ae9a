// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "tessera/table.hpp"

namespace tessera {

/// Consecutive cells of one column: float32 cells as they are, other numbers as float64.
using ColumnBlock = std::variant<std::span<const float>, std::span<const double>>;

/// Blocks of a raw chunk as columns without gaps. What lies so already is handed out in place; what lies row by row is turned a
/// few rows at a time, so that every cache line of the table is fetched once for all its columns.
class ColumnBlocks {
 public:
  /// Columns that load() should be given at a time: their blocks stay in a second-level cache.
  static constexpr std::int64_t kColumnsAtOnce = 32;

  /// Rows [begin, begin + rows) of the chunk, at most kReductionRows, of `columns`; text is passed over.
  void load(std::span<const ColumnView> columns, std::int64_t begin, std::int64_t rows);
  /// Column j of the last load(), a number; valid until the next one.
  [[nodiscard]] const ColumnBlock& operator[](std::int64_t j) const { return blocks_[static_cast<std::size_t>(j)]; }

 private:
  struct Gathered {
    const ColumnView* view;
    std::int64_t place;  // in floats_ or doubles_
  };
  void gather(std::int64_t begin, std::int64_t rows);

  std::vector<ColumnBlock> blocks_;
  std::vector<float> floats_;  // [columns gathered as float32 x stride]
  std::vector<double> doubles_;
  std::vector<Gathered> gathered_;
};

}  // namespace tessera
