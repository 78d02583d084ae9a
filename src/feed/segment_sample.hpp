// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Rows kept of every segment, if nothing else is asked for.
inline constexpr std::size_t kSegmentSampleRows = 2'000;

/// Of every segment the rows of positive weight with the smallest keys (feed/analysis_sweep.hpp), with all their series and
/// codes.
class SegmentSample {
 public:
  /// @param most_rows  of every segment, > 0
  SegmentSample(std::int32_t segments, std::size_t series, std::uint64_t seed, std::size_t most_rows = kSegmentSampleRows)
      : series_(series), seed_(seed), most_rows_(most_rows), rows_(static_cast<std::size_t>(segments)) {}

  /// @param segment_code  which of the code columns holds segments
  void consume(std::span<const AnalysisBlock> blocks, std::size_t segment_code);
  /// Puts rows into an order that does not depend on how they came. Call once, after the last block.
  void finish();

  [[nodiscard]] std::size_t rows(std::int32_t segment) const { return rows_[static_cast<std::size_t>(segment)].rows.size(); }
  [[nodiscard]] double value(std::int32_t segment, std::size_t row, std::size_t series) const {
    return rows_[static_cast<std::size_t>(segment)].rows[row].values[series];
  }
  [[nodiscard]] std::int32_t code(std::int32_t segment, std::size_t row, std::size_t column) const {
    return rows_[static_cast<std::size_t>(segment)].rows[row].codes[column];
  }
  /// Of the table.
  [[nodiscard]] std::int64_t row_number(std::int32_t segment, std::size_t row) const {
    return rows_[static_cast<std::size_t>(segment)].rows[row].id;
  }
  /// The values present of one series, ascending.
  [[nodiscard]] std::vector<double> sorted(std::int32_t segment, std::size_t series) const;

 private:
  struct Row {
    std::uint64_t key = 0;
    std::int64_t id = 0;
    std::vector<double> values;
    std::vector<std::int32_t> codes;
  };
  struct Segment {
    std::vector<Row> rows;
    std::uint64_t largest_key = std::numeric_limits<std::uint64_t>::max();  // once full, later rows must beat it
  };
  void keep_smallest(Segment& segment) const;

  std::size_t series_;
  std::uint64_t seed_;
  std::size_t most_rows_;
  std::vector<Segment> rows_;
};

}  // namespace tessera
