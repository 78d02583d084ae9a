// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/json.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

/// The member `analysis` of summary.json (docs/formats.md).
[[nodiscard]] Json analysis_json(const Analysis& analysis);

}  // namespace tessera
