// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tessera/correlate.hpp"

namespace tessera {

struct CorrelateRun {
  CorrelationTable table;
  std::string json;  ///< the content of the JSON file
};

/// correlate_table(), with the text of its JSON.
[[nodiscard]] CorrelateRun run_correlate(const CorrelateOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
