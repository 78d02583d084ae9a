// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "correlate/plan.hpp"
#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Rows of a segment, or of all, column by column, in row order.
struct StoredRows {
  std::vector<std::vector<double>> columns;  ///< [numbers][rows] NaN: missing
  std::vector<double> weights;               ///< [rows]; empty: ones
  [[nodiscard]] std::int64_t rows() const { return columns.empty() ? 0 : static_cast<std::int64_t>(columns.front().size()); }
};

/// Keeps every row with weight that is in a segment.
class RowStore {
 public:
  /// @param most_rows  room is made for so many
  RowStore(const CorrelationPlan& plan, std::int64_t most_rows);
  void consume(std::span<const AnalysisBlock> blocks);

  [[nodiscard]] const StoredRows& all() const { return rows_; }
  [[nodiscard]] StoredRows of(std::int32_t segment) const;

 private:
  StoredRows rows_;
  std::vector<std::int32_t> segments_;  // [rows]
};

}  // namespace tessera
