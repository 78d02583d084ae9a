// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::cli {

/// The command `tessera` from its arguments to its exit code. Nothing escapes.
[[nodiscard]] int run_program(int argc, char** argv);

}  // namespace tessera::cli
