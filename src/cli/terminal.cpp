// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace tessera::cli {

Terminal terminal_of(int descriptor) {
  Terminal terminal;
  const char* const type = std::getenv("TERM");
  terminal.interactive = isatty(descriptor) == 1 && type != nullptr && std::string_view(type) != "dumb";
  const char* const no_color = std::getenv("NO_COLOR");
  terminal.color = terminal.interactive && (no_color == nullptr || *no_color == '\0');
  winsize size{};
  if (isatty(descriptor) == 1 && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.width = size.ws_col;
  if (const char* const columns = std::getenv("COLUMNS")) {
    if (const int given = std::atoi(columns); given > 0) terminal.width = given;
  }
  terminal.width = std::clamp(terminal.width, 60, 160);
  return terminal;
}

}  // namespace tessera::cli
