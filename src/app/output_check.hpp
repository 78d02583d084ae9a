// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tessera/observer.hpp"

namespace tessera {

/// @throws FileError if `input` is not there or cannot be read; a folder is not an input
void check_input(const std::filesystem::path& input);

/// @throws FileError (cannot_create) if writing `output` (a file or a run's folder) would destroy `input`
void check_not_overwritten(const std::filesystem::path& input, const std::filesystem::path& output);

/// Sees before hours of work what creating the file `output` would run into.
/// @throws FileError cannot_create (it exists and not `force`, it is no file, its folder is missing), permission
void check_output_file(const std::filesystem::path& output, bool force);

/// That the key of pseudonyms can be used, and is not what will be written; nothing for an empty name.
/// @throws FileError, ConfigError
void check_pseudonym_key(const std::filesystem::path& key, const std::filesystem::path& output);

/// Warns that a key was given for ids that are row numbers.
void note_no_pseudonyms(const std::filesystem::path& key, Observer& observer);

}  // namespace tessera
