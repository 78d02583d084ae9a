// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "tessera/error.hpp"

namespace tessera::cli {

void reserve_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is the one just found closed. Opened the wrong way round, its use remains an error.
    const int opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened == -1) return;
  }
}

void print_result(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const FileError error = file_error("write", "standard output", errno, ErrorCode::io);
      throw FileError(ErrorCode::io, error.what(), "give it a reader or a disk with space");
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace tessera::cli
