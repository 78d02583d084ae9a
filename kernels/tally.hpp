// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/host_device.hpp"
#include "kernels/product_sums.hpp"
#include "kernels/team.hpp"
#include "tessera/analysis_passes.hpp"

// Counts of groups of raw rows. Integers: their order does not matter.
namespace tessera::kernels {

inline constexpr int kTallyThreads = 256;
/// Cells of a table that a block of threads counts in shared memory.
inline constexpr int kTallyCells = 1024;

/// A table of counts, or of counts of bins.
struct TallyTable {
  std::int32_t first_code = 0, codes = 0;  ///< among TallyArguments::crossed
  std::int32_t column = -1;                ///< number whose bins are counted; -1: rows are
  BinScale scale;
  std::int64_t first_cell = 0, cells = 0;
};

/// A code column of a table.
struct CrossedCode {
  std::int32_t column = 0;
  std::int32_t size = 0;  ///< codes are below
};

/// What is counted of a cell: rows, and weights in halves of 32 bits, so that those of a slab fit 64 bits.
struct TallySums {
  std::int64_t* rows = nullptr;
  std::int64_t* low = nullptr;  ///< null: rows have no weights
  std::int64_t* high = nullptr;
};

struct TallyArguments {
  const TallyTable* tables = nullptr;
  std::int32_t table_count = 0;
  std::int32_t parts = 1;  ///< blocks of threads that share a table
  const CrossedCode* crossed = nullptr;
  std::int64_t n = 0;                   ///< rows of the slab
  const std::int32_t* codes = nullptr;  ///< [leaves x code_columns x kLeafRows]
  std::int32_t code_columns = 0;
  const double* numbers = nullptr;  ///< [leaves x number_columns x kLeafRows]
  std::int32_t number_columns = 0;
  const std::uint8_t* counts = nullptr;  ///< [n] whether a row has weight; null: all have
  const std::int64_t* units = nullptr;   ///< [n] weights; null: there are none
  TallySums sums;                        ///< [cells of all tables] added into
};

struct TallyMemory {
  std::uint32_t rows[kTallyCells];
  TwoWords low[kTallyCells];
  TwoWords high[kTallyCells];
};

struct TallyState {};

/// The cell of a row among those of the table; -1: none.
TESSERA_HOST_DEVICE inline std::int64_t tally_cell(const TallyArguments& a, const TallyTable& table, std::int64_t row) {
  if (a.counts != nullptr && a.counts[row] == 0) return -1;
  const std::int64_t leaf = row / kLeafRows;
  const std::int64_t place = row % kLeafRows;
  std::int64_t group = 0;
  for (std::int32_t c = table.first_code; c < table.first_code + table.codes; ++c) {
    const std::int32_t code = a.codes[(leaf * a.code_columns + a.crossed[c].column) * kLeafRows + place];
    if (code < 0) return -1;
    group = group * a.crossed[c].size + code;
  }
  if (table.column < 0) return group;
  const double x = a.numbers[(leaf * a.number_columns + table.column) * kLeafRows + place];
  return x != x ? -1 : group * BinScale::kBins + table.scale.bin_of(x);
}

/// Calls add(cell, weight) for every row that the thread has of the table's, with weight 0 if there are none.
template <typename Add>
TESSERA_HOST_DEVICE inline void for_each_cell(const TallyArguments& a, const TallyTable& table, std::int64_t first, Add add) {
  for (std::int64_t row = first; row < a.n; row += std::int64_t{a.parts} * kTallyThreads) {
    const std::int64_t cell = tally_cell(a, table, row);
    if (cell >= 0) add(cell, a.units != nullptr ? a.units[row] : 0);
  }
}

/// What block `block` of table_count * parts ones does.
template <typename Team>
TESSERA_HOST_DEVICE inline void tally_rows(Team& team, const TallyArguments& a, std::int64_t block, TallyMemory& memory) {
  const TallyTable table = a.tables[block / a.parts];
  const std::int64_t first = block % a.parts * kTallyThreads;
  const bool weighted = a.units != nullptr;
  const TallySums own{a.sums.rows + table.first_cell, weighted ? a.sums.low + table.first_cell : nullptr,
                      weighted ? a.sums.high + table.first_cell : nullptr};
  if (table.cells > kTallyCells) {
    team.alone([&](int t, TallyState&) {
      for_each_cell(a, table, first + t, [&](std::int64_t cell, std::int64_t weight) {
        add_shared_total(own.rows + cell, 1);
        if (!weighted) return;
        add_shared_total(own.low + cell, weight & 0xFFFFFFFF);
        add_shared_total(own.high + cell, weight >> 32);
      });
    });
    return;
  }
  team.each([&](int t, TallyState&) {
    for (int i = t; i < kTallyCells; i += kTallyThreads) {
      memory.rows[i] = 0;
      memory.low[i] = memory.high[i] = {0, 0};
    }
  });
  team.each([&](int t, TallyState&) {
    for_each_cell(a, table, first + t, [&](std::int64_t cell, std::int64_t weight) {
      count_shared(memory.rows + cell);
      if (!weighted) return;
      add_words(memory.low + cell, weight & 0xFFFFFFFF);
      add_words(memory.high + cell, weight >> 32);
    });
  });
  team.alone([&](int t, TallyState&) {
    for (int i = t; i < table.cells; i += kTallyThreads) {
      if (memory.rows[i] == 0) continue;
      add_shared_total(own.rows + i, memory.rows[i]);
      if (!weighted) continue;
      add_shared_total(own.low + i, whole(memory.low[i]));
      add_shared_total(own.high + i, whole(memory.high[i]));
    }
  });
}

}  // namespace tessera::kernels
