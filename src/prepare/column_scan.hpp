// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "prepare/block_moments.hpp"
#include "prepare/distinct.hpp"
#include "prepare/sentinels.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// What the cells of one column say; the profile's numbers plus what the inference of kinds and roles looks at.
struct ColumnFacts {
  ColumnProfile profile;         ///< counts, moments, levels and warnings filled; kind, role and reason not yet
  bool all_dates = false;        ///< text: every cell present is an ISO 8601 date
  double mean_text_bytes = 0.0;  ///< text: over the cells present
  double mean_text_words = 0.0;
};

/// Collects the facts of one column over a sweep. Blocks may be scanned by several threads; everything else is one thread's
/// work. The outcome is the same for any split of the rows into chunks that lie on block borders.
class ColumnScan {
 public:
  explicit ColumnScan(const ColumnSchema& schema);

  /// What one block of kReductionRows contributes.
  struct Block {
    Moments sums;
    std::int64_t missing = 0, infinite = 0, zeros = 0, negatives = 0;
    std::int64_t text_bytes = 0, text_words = 0;
    double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();
    bool integral = true, counts_rows = true, all_dates = true;
  };

  /// To be called first for every chunk, in row order.
  void begin(const ColumnView& view, std::int64_t first_row, std::int64_t rows);
  /// Rows [begin, begin + values.size()) of the chunk; `values` receives them as float64 (text: days, or NaN).
  [[nodiscard]] Block scan(const ColumnView& view, std::int64_t first_row, std::int64_t begin, std::span<double> values) const;
  /// The blocks of a chunk in row order.
  void add(const Block& block);
  /// The cells of a chunk, `values` as scan() left them.
  void count_levels(const ColumnView& view, std::span<const double> values);

  [[nodiscard]] ColumnFacts finish(std::int64_t rows);

  /// Most bytes that scanning a column of this type can take, for `rows` rows.
  [[nodiscard]] static std::int64_t most_bytes(DataType type, std::int64_t rows);

 private:
  [[nodiscard]] Block scan_numbers(std::int64_t first_row, std::span<const double> values) const;
  [[nodiscard]] Block scan_text(const TextCells& cells, std::int64_t begin, std::span<double> values) const;
  void fill_levels(ColumnFacts& facts);

  ColumnSchema schema_;
  std::optional<MomentFrame> frame_;
  std::optional<double> first_cell_;
  PairwiseSum<Moments> sums_;
  Block total_;
  NumberLevels numbers_;
  TextLevels texts_;
  SentinelCounter sentinels_;
};

}  // namespace tessera
