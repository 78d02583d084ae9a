// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "report/summary.hpp"

namespace tessera {

/// Everything there is to remark about a run, each sentence once: what the observer heard, then the notes of the table, of the
/// columns and of the fit.
[[nodiscard]] std::vector<Remark> all_remarks(const SegmentationSummary& summary);

/// False for what the observer heard about threads, memory and the device, which the text says elsewhere.
[[nodiscard]] bool is_about_data(const Remark& remark);

}  // namespace tessera
