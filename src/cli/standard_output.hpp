// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tessera::cli {

/// Makes sure that descriptors 0 to 2 are taken, so that no file of ours is opened as standard output by accident. Writing to
/// one that was closed at the start still fails.
void reserve_standard_descriptors();

/// Writes all of `text` to standard output.
/// @throws FileError (io) if the reader went away, the disk is full, or standard output is closed
void print_result(std::string_view text);

}  // namespace tessera::cli
