// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/summary.hpp"
#include "table/chosen_rows.hpp"
#include "tessera/segmentation.hpp"

namespace tessera {

/// Rows on which the number of segments is chosen: those with the smallest random keys.
inline constexpr std::int64_t kSelectionRows = 2'000;

/// A part of the table that is to be segmented instead of all of it.
struct SegmentPart {
  const RowBitmap& rows;
  Table& ids;  ///< one row for each of them, with a column `id`
  SplitOrigin origin;
};

/// The whole job from a table to the run's folder: read, prepare, choose k, fit, assign, write. See segment_table().
/// @param part null: every row
[[nodiscard]] SegmentationSummary run_segment(const SegmentOptions& options, Observer& observer, const CancelToken& cancel,
                                              const SegmentPart* part = nullptr);

}  // namespace tessera
