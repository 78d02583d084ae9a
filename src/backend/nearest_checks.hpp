// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tessera/backend.hpp"

namespace tessera {

/// What every backend asks of a nearest pass. @throws ConfigError if k is not in 1..65,535 or d not in 1..8,192; Error if units
/// are missing
void check_task(const NearestTask& task);

/// @throws Error if outputs, weights or flags are neither empty nor as long as the chunk
void check_spans(const Chunk& chunk, const RowOutputs& outputs);

}  // namespace tessera
