// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "input.hpp"

namespace tessera::fuzz {

/// A sound table, and the names in it that edits can use.
struct Fixture {
  explicit Fixture(const std::filesystem::path& path);

  std::string bytes;                    ///< of the file
  std::vector<std::string> objects;     ///< paths of all links; the first is "/"
  std::vector<std::string> attributes;  ///< names, of any object
};

/// Changes the file through HDF5 as the input says, until it is used up: attributes, types, shapes and values become others,
/// links go, lead elsewhere or get other names. The file stays sound as a file. What HDF5 refuses to do is left out.
void edit(const std::filesystem::path& path, const Fixture& fixture, Input& input);

}  // namespace tessera::fuzz
