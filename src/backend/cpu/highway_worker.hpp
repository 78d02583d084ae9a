// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backend/cpu/nearest_worker.hpp"

namespace tessera {

/// The vectorised levels that were compiled and that this processor runs, best first; none on an unknown processor.
[[nodiscard]] std::vector<CpuLevel> highway_levels();

}  // namespace tessera
