// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "core/file_descriptor.hpp"

/// Small pieces of POSIX that the atomic outputs are made of. Every function throws FileError.
namespace tessera::disk {

/// Opens `path` for writing from its start, empty; creates it if need be.
[[nodiscard]] FileDescriptor open_for_writing(const std::filesystem::path& path);
/// Writes all of `bytes`. @param path for the message
void write_all(const FileDescriptor& file, std::string_view bytes, const std::filesystem::path& path);

/// A new, empty file beside `target` (".NAME.partial-XXXXXX"), with the permissions that the umask gives.
[[nodiscard]] std::filesystem::path create_sibling_file(const std::filesystem::path& target);
/// A new folder beside `target` that only its owner may enter.
[[nodiscard]] std::filesystem::path create_sibling_folder(const std::filesystem::path& target);
/// The permissions that a new folder inside `folder` gets.
[[nodiscard]] std::filesystem::perms default_folder_permissions(const std::filesystem::path& folder);

/// Waits until a file's (or folder's) content is on the disk.
void flush(const std::filesystem::path& path);

/// rename(2). An empty folder at `to` is replaced by a folder; a file by a file.
void move(const std::filesystem::path& from, const std::filesystem::path& to);
/// As move(), but fails with cannot_create if something is at `to`.
void move_to_new(const std::filesystem::path& from, const std::filesystem::path& to);
/// Swaps two names in one step. False if the file system cannot do that.
[[nodiscard]] bool exchange(const std::filesystem::path& one, const std::filesystem::path& other);

/// `path` made absolute, links resolved as far as it exists, without a trailing slash.
[[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& path);

}  // namespace tessera::disk
