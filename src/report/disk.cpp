// SPDX-License-Identifier: Apache-2.0
#include "report/disk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <string_view>
#include <system_error>

#include "tessera/error.hpp"

namespace tessera::disk {
namespace {

namespace fs = std::filesystem;

/// How many names to try before a folder full of leftovers counts as an error.
constexpr int kAttempts = 100;

/// A name beside `target` that is very likely free. Names have at most 255 bytes, so a long one is cut.
fs::path sibling_name(const fs::path& target) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string suffix(6, 'x');
  for (char& letter : suffix) letter = kLetters[random() % kLetters.size()];
  return target.parent_path() / ("." + target.filename().string().substr(0, 200) + ".partial-" + suffix);
}

/// renameat2 by number, because musl and old glibc have no wrapper for it. Returns errno, 0 if done.
int rename_with_flags(const fs::path& from, const fs::path& to, unsigned flags) {
  return ::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0 ? 0 : errno;
}

bool unsupported(int error_number) { return error_number == EINVAL || error_number == ENOSYS; }

}  // namespace

FileDescriptor open_for_writing(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) throw file_error("create", path.string(), errno, ErrorCode::cannot_create);
  return file;
}

void write_all(const FileDescriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_error("write", path.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

fs::path create_sibling_file(const fs::path& target) {
  for (int attempt = 0;; ++attempt) {
    const fs::path path = sibling_name(target);
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() >= 0) return path;
    if (errno != EEXIST || attempt == kAttempts) throw file_error("create", target.string(), errno, ErrorCode::cannot_create);
  }
}

fs::path create_sibling_folder(const fs::path& target) {
  for (int attempt = 0;; ++attempt) {
    const fs::path path = sibling_name(target);
    if (::mkdir(path.c_str(), 0700) == 0) return path;
    if (errno != EEXIST || attempt == kAttempts) throw file_error("create", target.string(), errno, ErrorCode::cannot_create);
  }
}

fs::perms default_folder_permissions(const fs::path& folder) {
  // The umask itself cannot be read without setting it, which other threads would notice.
  const fs::path probe = folder / ".permissions";
  struct stat status = {};
  if (::mkdir(probe.c_str(), 0777) != 0) throw file_error("create", probe.string(), errno, ErrorCode::cannot_create);
  const int failed = ::stat(probe.c_str(), &status) == 0 ? 0 : errno;
  ::rmdir(probe.c_str());
  if (failed != 0) throw file_error("read the permissions of", probe.string(), failed);
  return static_cast<fs::perms>(status.st_mode & 07777);
}

void flush(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) throw file_error("flush", path.string(), errno);
  // Some file systems have nothing to flush for a folder and say so by EINVAL.
  if (::fsync(file.get()) != 0 && errno != EINVAL) throw file_error("flush", path.string(), errno);
}

void move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw file_error("create", to.string(), errno, ErrorCode::cannot_create);
}

void move_to_new(const fs::path& from, const fs::path& to) {
  const int failed = rename_with_flags(from, to, RENAME_NOREPLACE);
  if (failed == 0) return;
  if (!unsupported(failed)) throw file_error("create", to.string(), failed, ErrorCode::cannot_create);
  if (std::error_code ignored; fs::symlink_status(to, ignored).type() != fs::file_type::not_found) {
    throw file_error("create", to.string(), EEXIST, ErrorCode::cannot_create);
  }
  move(from, to);
}

bool exchange(const fs::path& one, const fs::path& other) {
  const int failed = rename_with_flags(one, other, RENAME_EXCHANGE);
  if (failed != 0 && !unsupported(failed)) throw file_error("replace", other.string(), failed, ErrorCode::cannot_create);
  return failed == 0;
}

fs::path resolve(const fs::path& path) {
  std::error_code failed;
  fs::path resolved = fs::absolute(path, failed);
  if (!failed) resolved = fs::weakly_canonical(resolved, failed);
  if (failed) throw file_error("create", "'" + path.string() + "'", failed.value(), ErrorCode::cannot_create);
  return resolved.has_filename() ? resolved : resolved.parent_path();
}

}  // namespace tessera::disk
