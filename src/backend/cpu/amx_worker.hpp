// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "backend/cpu/nearest_worker.hpp"

namespace tessera {

/// The level that screens with AMX bfloat16 tiles and leaves the rest to `base`; empty if the processor or the system has none.
[[nodiscard]] std::optional<CpuLevel> amx_level(const CpuLevel& base);

}  // namespace tessera
