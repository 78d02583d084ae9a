// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace tessera {

/// One result file written under a temporary name beside its place, which commit() moves there whole. Destruction without
/// commit() removes it.
class StagedFile {
 public:
  /// @param force  a regular file at `target` may be replaced
  /// @throws FileError cannot_create (it exists already), permission, io
  StagedFile(std::filesystem::path target, bool force);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  /// Where to write until commit(): an empty file that exists already.
  [[nodiscard]] const std::filesystem::path& path() const { return staging_; }
  /// Flushes the file to disk and moves it to its place. Call once. @throws FileError
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path staging_;  ///< empty once committed
  bool force_;
};

/// Writes a small file in one go, byte for byte. @throws FileError
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace tessera
