// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/summary.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// Rows on which the number of segments is chosen: those with the smallest random keys.
inline constexpr std::int64_t kSelectionRows = 2'000;

/// The whole job from a table to the run's folder: read, prepare, choose k, fit, assign, write. See segment_table().
[[nodiscard]] SegmentationSummary run_segment(const SegmentOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
