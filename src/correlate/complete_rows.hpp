// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tessera/analysis_passes.hpp"

namespace tessera {

/// Takes rows that lack a number or a code out of their segment, for correlations by complete rows only.
class CompleteRows {
 public:
  /// The same blocks with segments of their own in the first column of codes; valid until the next call.
  [[nodiscard]] std::span<const AnalysisBlock> only(std::span<const AnalysisBlock> blocks);

 private:
  std::vector<AnalysisBlock> blocks_;
  std::vector<std::vector<std::int32_t>> segments_;
};

}  // namespace tessera
