// SPDX-License-Identifier: Apache-2.0
#include "feed/segment_sample.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "feed/analysis_sweep.hpp"

namespace tessera {

void SegmentSample::consume(std::span<const AnalysisBlock> blocks, std::size_t segment_code) {
  for (const AnalysisBlock& block : blocks) {
    for (std::int64_t i = 0; i < block.rows; ++i) {
      const std::int32_t code = block.codes[segment_code][i];
      if (code < 0 || (block.weights != nullptr && !(block.weights[i] > 0.0))) continue;
      Segment& segment = rows_[static_cast<std::size_t>(code)];
      const std::int64_t id = block.first_row + i;
      const std::uint64_t key = draw_row(seed_, id).key;
      if (key > segment.largest_key) continue;
      Row& row = segment.rows.emplace_back(Row{key, id, {}, {}});
      row.values.reserve(series_);
      for (const double* column : block.numbers) row.values.push_back(column[i]);
      row.codes.reserve(block.codes.size());
      for (const std::int32_t* column : block.codes) row.codes.push_back(column[i]);
      if (segment.rows.size() >= 2 * most_rows_) keep_smallest(segment);
    }
  }
}

void SegmentSample::keep_smallest(Segment& segment) const {
  std::sort(segment.rows.begin(), segment.rows.end(),
            [](const Row& a, const Row& b) { return std::tie(a.key, a.id) < std::tie(b.key, b.id); });
  if (segment.rows.size() < most_rows_) return;
  segment.rows.resize(most_rows_);
  segment.largest_key = segment.rows.back().key;
}

void SegmentSample::finish() {
  for (Segment& segment : rows_) keep_smallest(segment);
}

std::vector<double> SegmentSample::sorted(std::int32_t segment, std::size_t series) const {
  std::vector<double> values;
  for (const Row& row : rows_[static_cast<std::size_t>(segment)].rows) {
    if (!std::isnan(row.values[series])) values.push_back(row.values[series]);
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace tessera
