// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera {

/// A table of counts with its totals along every axis: each axis has one place more than it has levels, the last, for them.
/// The last axis counts fastest.
struct TotalledTable {
  std::vector<std::size_t> sizes;  ///< with the places of the totals
  std::vector<std::int64_t> counts;

  /// @param counts  [product of levels], without totals
  TotalledTable(const std::vector<std::int64_t>& counts, const std::vector<std::size_t>& levels);
  /// Of a cell by its place along each axis; the place behind the last level is the total.
  [[nodiscard]] std::size_t at(const std::vector<std::size_t>& places) const;
};

/// The cells and totals that may not be shown: those of 1 to `least` - 1, and beside them as many others (the smallest) as it
/// takes that no line of the table, its total included, lacks exactly one number, which the others would give away.
/// @return [as table.counts]
[[nodiscard]] std::vector<bool> hidden_cells(const TotalledTable& table, std::int64_t least);

}  // namespace tessera
