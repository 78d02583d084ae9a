// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/staged_file.hpp"

namespace tessera {

/// The folder of a run's results. Files are written into a hidden sibling (".NAME.partial-XXXXXX", which only its owner can
/// enter) and appear under the run's own name all at once, after everything is on disk. Destruction without commit() leaves
/// nothing behind and an earlier run untouched.
class RunDirectory {
 public:
  /// Creates the staging folder (and the parents of `target`).
  /// @param force  an earlier run at `target` may be replaced, with everything in it; a folder that is not a run never is
  /// @throws FileError cannot_create (something is there already), permission, io
  RunDirectory(const std::filesystem::path& target, bool force);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  /// Where the run will be, as an absolute path without links.
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  /// A folder within the run. @throws FileError
  void create_folder(const std::string& name);
  /// Where to write the file `name` until then: a plain name, or one in a folder that was created.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return staging_ / name; }

  /// Flushes every file to disk and puts the run in its place; an earlier run is removed only once the new one stands.
  /// Call once. @throws FileError; the earlier run is still in place then, unless the message says that it could not be removed
  void commit();

 private:
  void replace_earlier_run();
  void discard() noexcept;

  std::filesystem::path target_;
  std::filesystem::path staging_;                       ///< empty once committed
  std::vector<std::filesystem::path> created_parents_;  ///< outermost first
  bool force_;
};

}  // namespace tessera
