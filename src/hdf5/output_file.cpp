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

/// Creates a file of a new name that begins with `stem`; returns its descriptor, or -1 with errno set.
int create_new(const std::filesystem::path& folder, const std::string& stem, mode_t mode, std::filesystem::path& created) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    created = folder / fmt::format(".{}.{}-{}.tmp", stem, getpid(), attempt);
    const int descriptor = open(created.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  return -1;
}

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
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // a folder that may be written but not read: the rename stands, only later on the disk
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

TemporaryFile::TemporaryFile(const std::filesystem::path& target, bool overwrite) : target_(target), overwrite_(overwrite) {
  struct stat found = {};
  if (stat(target.c_str(), &found) == 0 && (!overwrite || S_ISDIR(found.st_mode))) throw exists_error(target);
  if (!target.has_filename()) throw file_error("create", target.string(), EISDIR, ErrorCode::cannot_create);
  output_.descriptor = create_new(folder_of(target), target.filename().string(), 0666, temporary_);
  if (output_.descriptor < 0) {
    temporary_.clear();
    throw file_error("create", target.string(), errno, ErrorCode::cannot_create);
  }
}

TemporaryFile::TemporaryFile(const std::filesystem::path& folder) : target_(folder) {
  output_.descriptor = open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  if (output_.descriptor >= 0) return;
  if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {  // the file system has no unnamed files
    std::filesystem::path name;
    output_.descriptor = create_new(folder, "tessera", 0600, name);
    if (output_.descriptor >= 0) {
      unlink(name.c_str());
      return;
    }
  }
  throw file_error("create a scratch file in", folder.string(), errno, ErrorCode::cannot_create);
}

TemporaryFile::~TemporaryFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
  if (output_.descriptor >= 0) close(output_.descriptor);
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

std::filesystem::path TemporaryFile::descriptor_path() const { return fmt::format("/proc/self/fd/{}", output_.descriptor); }

Hdf5Handle utf8_link_properties() {
  Hdf5Handle properties(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_char_encoding(properties.get(), H5T_CSET_UTF8);
  return properties;
}

}  // namespace tessera::hdf5
