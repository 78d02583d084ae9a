// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace tessera {

/// The folder of a run's results. Files are written into a hidden sibling (`.NAME.partial-XXXXXX`, readable by the owner only)
/// and appear under the run's own name all at once, after everything is on disk. Destruction without commit() leaves nothing
/// behind and an earlier run untouched.
class RunDirectory {
 public:
  /// Creates the staging folder (and the parents of `target`).
  /// @param force  an earlier run at `target` may be replaced; a folder that is not a run never is
  /// @throws FileError cannot_create (something is there already), permission, io
  RunDirectory(std::filesystem::path target, bool force);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// Where the run will be.
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  /// Where to write the file `name` until then; plain names only, no sub-folders.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return staging_ / name; }

  /// Flushes every file to disk and puts the run in its place; an earlier run is removed only once the new one stands.
  /// Call once. @throws FileError; then the earlier run, if any, is still in place
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path staging_;  ///< empty once committed
  bool force_;
};

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
