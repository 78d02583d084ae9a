// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "table/generate.hpp"
#include "tessera/observer.hpp"

namespace tessera {

/// generate_table() with the threads asked for (0: what the machine allows).
/// @throws ConfigError, FileError
[[nodiscard]] GenerateReport run_generate(const GenerateOptions& options, int threads, Observer& observer,
                                          const CancelToken& cancel);

}  // namespace tessera
