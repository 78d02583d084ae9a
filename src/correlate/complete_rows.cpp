// SPDX-License-Identifier: Apache-2.0
#include "correlate/complete_rows.hpp"

#include <algorithm>
#include <cmath>

namespace tessera {

std::span<const AnalysisBlock> CompleteRows::only(std::span<const AnalysisBlock> blocks) {
  blocks_.assign(blocks.begin(), blocks.end());
  segments_.resize(std::max(segments_.size(), blocks.size()));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    AnalysisBlock& block = blocks_[b];
    std::vector<std::int32_t>& segment = segments_[b];
    segment.assign(block.codes.front(), block.codes.front() + block.rows);
    for (const double* const cells : block.numbers) {
      for (std::size_t i = 0; i < segment.size(); ++i) {
        if (std::isnan(cells[i])) segment[i] = -1;
      }
    }
    for (const std::int32_t* const codes : block.codes) {
      for (std::size_t i = 0; i < segment.size(); ++i) {
        if (codes[i] < 0) segment[i] = -1;
      }
    }
    block.codes.front() = segment.data();
  }
  return blocks_;
}

}  // namespace tessera
