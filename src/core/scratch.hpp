// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "core/file_descriptor.hpp"

namespace tessera {

/// Where temporary files go: `requested` (--scratch) if it is not empty, else the first of SLURM_TMPDIR and TMPDIR that is a
/// folder, else /tmp, or /var/tmp where /tmp lives in memory.
/// @throws FileError if `requested` is not a folder
[[nodiscard]] std::filesystem::path scratch_folder(const std::filesystem::path& requested);

/// True if what is written to `folder` takes memory instead of disk (tmpfs).
[[nodiscard]] bool lives_in_memory(const std::filesystem::path& folder);

/// Bytes that this user may still write in the file system of `folder`. @throws FileError
[[nodiscard]] std::int64_t free_disk_bytes(const std::filesystem::path& folder);

/// A file without a name: it is gone when the object or the process is, however that ends.
/// Calls may overlap on several threads if the ranges don't.
class ScratchFile {
 public:
  /// @param folder from scratch_folder(); only its owner can read the file
  /// @throws FileError
  explicit ScratchFile(const std::filesystem::path& folder);

  /// @throws FileError (io, with advice) if the disk is full or fails
  void write(std::int64_t offset_bytes, std::span<const std::byte> bytes);
  /// @throws FileError if the disk fails or the file ends before
  void read(std::int64_t offset_bytes, std::span<std::byte> bytes) const;
  /// Asks the system to fetch a range from the disk meanwhile, because read() will follow.
  void prefetch(std::int64_t offset_bytes, std::int64_t bytes) const;

 private:
  std::filesystem::path folder_;  ///< for messages
  FileDescriptor file_;
};

}  // namespace tessera
