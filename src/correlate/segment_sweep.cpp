// SPDX-License-Identifier: Apache-2.0
#include "correlate/segment_sweep.hpp"

#include <cmath>
#include <numeric>

namespace tessera {

std::int64_t CorrelatedRows::used() const { return std::accumulate(rows.begin(), rows.end(), std::int64_t{0}); }

void SegmentSweep::run(const Visit& visit, bool allow_rows) {
  CompleteRows complete;
  const bool count_rows = !counted_;
  std::vector<Int128> units(static_cast<std::size_t>(plan_.segments));
  if (count_rows) {
    rows_.rows.assign(units.size(), 0);
    rows_.weight.assign(units.size(), 0.0);
    rows_.weight_squares.assign(units.size(), 0.0);
  }
  AnalysisColumns columns = plan_.columns;
  columns.allow_rows = allow_rows && !listwise_;
  sweep_for_analysis(table_, columns, job_, budget_bytes_ / 2, [&](std::span<const AnalysisBlock> blocks) {
    const std::span<const AnalysisBlock> used = listwise_ ? complete.only(blocks) : blocks;
    if (count_rows) {
      for (std::size_t b = 0; b < blocks.size(); ++b) count(blocks[b], used[b], units);
    }
    visit(used);
  });
  for (std::size_t s = 0; s < units.size() && count_rows; ++s) {
    const bool weighted = plan_.columns.weight >= 0;
    rows_.weight[s] = weighted ? std::ldexp(static_cast<double>(units[s]), plan_.columns.weight_exponent)
                               : static_cast<double>(rows_.rows[s]);
  }
  counted_ = true;
}

void SegmentSweep::count(const AnalysisBlock& all, const AnalysisBlock& used, std::vector<Int128>& units) {
  const std::int32_t* const segment = all.codes[CorrelationPlan::kSegmentCode];
  const std::int32_t* const own = used.codes[CorrelationPlan::kSegmentCode];
  for (std::int64_t i = 0; i < all.rows; ++i) {
    if (segment[i] < 0) continue;
    ++rows_.in_segments;
    if (all.weights != nullptr && !(all.weights[i] > 0.0)) continue;
    ++rows_.weighted;
    if (own[i] < 0) continue;
    const auto s = static_cast<std::size_t>(own[i]);
    ++rows_.rows[s];
    if (all.units != nullptr) units[s] += all.units[i];
    rows_.weight_squares[s] += all.weights == nullptr ? 1.0 : all.weights[i] * all.weights[i];
  }
}

}  // namespace tessera
