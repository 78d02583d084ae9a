// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::cli {

/// What can be shown on a descriptor.
struct Terminal {
  bool interactive = false;  ///< a terminal that can move its cursor: not a file or pipe, and TERM is not "dumb"
  bool color = false;        ///< interactive, and NO_COLOR is not set
  int width = 100;           ///< columns; at least 60
};

[[nodiscard]] Terminal terminal_of(int descriptor);

}  // namespace tessera::cli
