// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "core/file_descriptor.hpp"
#include "hdf5/handle.hpp"
#include "hdf5/output_driver.hpp"

namespace tessera::hdf5 {

/// A file that is not there yet. With a target: a temporary file in its folder, which publish() flushes to the disk and gives
/// the target's name. Without: scratch space that has no name until show(). Destruction removes whatever was not published.
class TemporaryFile {
 public:
  /// Beside `target`. @throws FileError: cannot_create if the target exists (and not overwrite) or its folder does not,
  /// permission, io
  TemporaryFile(const std::filesystem::path& target, bool overwrite, mode_t mode = 0666);
  /// Scratch space in `folder` that only its owner can read. @throws FileError
  explicit TemporaryFile(const std::filesystem::path& folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] OutputFile& output() { return output_; }
  /// The target, or the folder of a file without a name: for messages.
  [[nodiscard]] const std::filesystem::path& path() const { return target_; }
  /// Wraps a new identifier; a negative one is a failure to `what`.
  [[nodiscard]] Hdf5Handle own(hid_t id, Hdf5Handle::Closer closer, const std::string& what);
  /// Throws why writing went wrong: the operating system's reason if there is one, else HDF5's. `what` completes "cannot ...".
  [[noreturn]] void fail(const std::string& what) const;
  /// @throws FileError if what was written did not reach the disk, or the name was taken meanwhile
  void publish();
  /// Gives scratch space a name for as long as the object lives: open it, then let the object go. @throws FileError
  [[nodiscard]] const std::filesystem::path& show();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;  ///< empty: there is no name to remove
  bool overwrite_ = false;
  FileDescriptor descriptor_;
  OutputFile output_;
};

/// Link names are UTF-8.
[[nodiscard]] Hdf5Handle utf8_link_properties();

}  // namespace tessera::hdf5
