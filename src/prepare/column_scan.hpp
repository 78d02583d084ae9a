// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "prepare/block_moments.hpp"
#include "prepare/cell_kernels.hpp"
#include "prepare/column_blocks.hpp"
#include "prepare/column_tally.hpp"
#include "prepare/distinct.hpp"
#include "prepare/log_sums.hpp"
#include "prepare/quantile_bracket.hpp"
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
  ColumnTally tally;  ///< levels wherever they were counted exactly
};

/// Collects the facts of one column over a sweep, a block of kReductionRows rows at a time, in row order. The outcome is the
/// same for any split of the rows into chunks that lie on block borders.
class ColumnScan {
 public:
  /// @param rows that will come
  /// @param quarters quantiles to look for on the way, each 1..3; empty: no tally is wanted
  ColumnScan(const ColumnSchema& schema, std::int64_t rows, std::span<const int> quarters);

  /// The next block of a column of numbers. @param first_row row number of its first cell
  void add(const ColumnBlock& block, std::int64_t first_row);
  /// The next block of a column of text: cells [begin, begin + rows).
  void add(const TextCells& cells, std::int64_t begin, std::int64_t rows);

  /// Once all rows have come.
  [[nodiscard]] ColumnFacts finish(std::int64_t rows);

  /// Most bytes that scanning a column of this type can take, for `rows` rows.
  [[nodiscard]] static std::int64_t most_bytes(DataType type, std::int64_t rows, std::span<const int> quarters);

 private:
  template <typename T>
  void add_numbers(std::span<const T> values, std::int64_t first_row);
  template <typename T>
  void look_for_quantiles(std::span<const T> values, const CellCounts& counts);
  [[nodiscard]] bool has_numbers(std::int64_t rows) const;
  void fill_levels(ColumnFacts& facts);
  void fill_tally(ColumnTally& tally);

  ColumnSchema schema_;
  std::optional<MomentFrame> frame_;
  std::optional<double> first_cell_;
  PairwiseSum<Moments> sums_;
  LogSums log_sums_;
  CellCounts total_;
  std::int64_t text_bytes_ = 0, text_words_ = 0;
  bool integral_ = true, counts_rows_ = true, all_dates_ = true;
  NumberLevels numbers_;
  TextLevels texts_;
  SentinelCounter sentinels_;
  std::vector<int> quarters_;
  std::vector<QuantileBracket> brackets_;  // of quarters_
};

}  // namespace tessera
