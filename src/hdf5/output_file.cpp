// SPDX-License-Identifier: Apache-2.0
#include "hdf5/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Tries `create(name)` with names in `folder` that begin with `stem` until one is new; the result is negative with errno set
/// if that fails for another reason.
template <typename Create>
int with_new_name(const std::filesystem::path& folder, const std::string& stem, std::filesystem::path& name, Create create) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    name = folder / fmt::format(".{}.{}-{}.tmp", stem, getpid(), attempt);
    const int result = create(name.c_str());
    if (result >= 0) return result;
    if (errno != EEXIST) break;
  }
  name.clear();
  return -1;
}

int create_new(const char* name, mode_t mode) { return open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode); }

/// Renames without replacing; where the file system cannot promise that, the check in the constructor has to do.
int rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  const int result = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (result == 0 || (errno != EINVAL && errno != ENOSYS)) return result;
  return std::rename(from.c_str(), to.c_str());
}

FileError exists_error(const std::filesystem::path& path) {
  return {ErrorCode::cannot_create, fmt::format("cannot create {}: it exists already", path.string()),
          "choose another name, or pass --force to replace it"};
}

void flush_folder(const std::filesystem::path& folder) {
  const FileDescriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) fsync(descriptor.get());  // one that may be written but not read: on the disk a little later
}

}  // namespace

TemporaryFile::TemporaryFile(const std::filesystem::path& target, bool overwrite, mode_t mode)
    : target_(target), overwrite_(overwrite) {
  struct stat found = {};
  if (stat(target.c_str(), &found) == 0 && (!overwrite || S_ISDIR(found.st_mode))) throw exists_error(target);
  if (!target.has_filename()) throw file_error("create", target.string(), EISDIR, ErrorCode::cannot_create);
  const auto create = [mode](const char* name) { return create_new(name, mode); };
  descriptor_ = FileDescriptor(with_new_name(folder_of(target), target.filename().string(), temporary_, create));
  if (descriptor_.get() < 0) throw file_error("create", target.string(), errno, ErrorCode::cannot_create);
  output_.descriptor = descriptor_.get();
}

TemporaryFile::TemporaryFile(const std::filesystem::path& folder) : target_(folder) {
  descriptor_ = FileDescriptor(open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (descriptor_.get() < 0) {  // some file systems have no files without a name, and say so in several ways
    const auto create = [](const char* name) { return create_new(name, 0600); };
    descriptor_ = FileDescriptor(with_new_name(folder, "tessera", temporary_, create));
  }
  if (descriptor_.get() < 0) throw file_error("create a temporary file in", folder.string(), errno, ErrorCode::cannot_create);
  output_.descriptor = descriptor_.get();
}

TemporaryFile::~TemporaryFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Hdf5Handle TemporaryFile::own(hid_t id, Hdf5Handle::Closer closer, const std::string& what) {
  if (id < 0) fail(what);
  return {id, closer};
}

void TemporaryFile::fail(const std::string& what) const {
  if (output_.error != 0) throw file_error("write", target_.string(), output_.error);
  throw Error(ErrorCode::internal, fmt::format("{}: cannot {}: {}", target_.string(), what, last_failure().text),
              "report this with the output of tessera --version");
}

void TemporaryFile::publish() {
  if (output_.error == 0 && fsync(output_.descriptor) != 0) output_.error = errno;
  if (output_.error != 0) throw file_error("write", target_.string(), output_.error);
  const int result = overwrite_ ? std::rename(temporary_.c_str(), target_.c_str()) : rename_new(temporary_, target_);
  if (result != 0) {
    if (errno == EEXIST) throw exists_error(target_);
    throw file_error("create", target_.string(), errno, ErrorCode::cannot_create);
  }
  temporary_.clear();
  flush_folder(folder_of(target_));
}

const std::filesystem::path& TemporaryFile::show() {
  if (!temporary_.empty()) return temporary_;
  const std::string self = fmt::format("/proc/self/fd/{}", descriptor_.get());
  const auto link = [&](const char* name) { return linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW); };
  if (with_new_name(target_, "tessera", temporary_, link) < 0) {
    throw file_error("create a temporary file in", target_.string(), errno, ErrorCode::cannot_create);
  }
  return temporary_;
}

Hdf5Handle utf8_link_properties() {
  Hdf5Handle properties(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_char_encoding(properties.get(), H5T_CSET_UTF8);
  return properties;
}

}  // namespace tessera::hdf5
