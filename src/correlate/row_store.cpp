// SPDX-License-Identifier: Apache-2.0
#include "correlate/row_store.hpp"

namespace tessera {

RowStore::RowStore(const CorrelationPlan& plan, std::int64_t most_rows) {
  const auto rows = static_cast<std::size_t>(most_rows);
  rows_.columns.resize(plan.columns.numbers.size());
  for (std::vector<double>& column : rows_.columns) column.reserve(rows);
  if (plan.columns.weight >= 0) rows_.weights.reserve(rows);
  segments_.reserve(rows);
}

void RowStore::consume(std::span<const AnalysisBlock> blocks) {
  for (const AnalysisBlock& block : blocks) {
    const std::int32_t* const segment = block.codes[CorrelationPlan::kSegmentCode];
    for (std::int64_t i = 0; i < block.rows; ++i) {
      if (segment[i] < 0 || (block.weights != nullptr && !(block.weights[i] > 0.0))) continue;
      segments_.push_back(segment[i]);
      if (block.weights != nullptr) rows_.weights.push_back(block.weights[i]);
      for (std::size_t j = 0; j < rows_.columns.size(); ++j) rows_.columns[j].push_back(block.numbers[j][i]);
    }
  }
}

StoredRows RowStore::of(std::int32_t segment) const {
  StoredRows own;
  own.columns.resize(rows_.columns.size());
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i] != segment) continue;
    if (!rows_.weights.empty()) own.weights.push_back(rows_.weights[i]);
    for (std::size_t j = 0; j < own.columns.size(); ++j) own.columns[j].push_back(rows_.columns[j][i]);
  }
  return own;
}

}  // namespace tessera
