// SPDX-License-Identifier: Apache-2.0
#include "core/scratch.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "tessera/error.hpp"

namespace tessera {
namespace {

FileDescriptor open_nameless(const std::filesystem::path& folder) {
  FileDescriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() >= 0) return file;
  // NFS, some FUSE and old overlay file systems have no nameless files (and say so in several ways): make one lose its name.
  std::string name = (folder / "tessera-XXXXXX").string();
  file = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) throw file_error("create a temporary file in", folder.string(), errno, ErrorCode::cannot_create);
  ::unlink(name.c_str());
  return file;
}

[[noreturn]] void fail(const char* doing, const std::filesystem::path& folder, int error_number) {
  throw file_error(doing, "a temporary file in " + folder.string(), error_number);
}

}  // namespace

std::filesystem::path scratch_folder(const std::filesystem::path& requested) {
  std::error_code failure;
  if (!requested.empty()) {
    if (std::filesystem::is_directory(requested, failure)) return requested;
    throw FileError(ErrorCode::cannot_create, requested.string() + " is not a folder",
                    "create it, or let --scratch name another place for temporary files");
  }
  for (const char* variable : {"SLURM_TMPDIR", "TMPDIR"}) {
    const char* folder = std::getenv(variable);
    if (folder != nullptr && std::filesystem::is_directory(folder, failure)) return folder;
  }
  return lives_in_memory("/tmp") && !lives_in_memory("/var/tmp") ? "/var/tmp" : "/tmp";
}

bool lives_in_memory(const std::filesystem::path& folder) {
  struct statfs status = {};
  if (::statfs(folder.c_str(), &status) != 0) return false;
  const auto type = static_cast<std::uint64_t>(status.f_type);
  return type == TMPFS_MAGIC || type == RAMFS_MAGIC;
}

std::int64_t free_disk_bytes(const std::filesystem::path& folder) {
  struct statvfs status = {};
  if (::statvfs(folder.c_str(), &status) != 0) throw file_error("look for free space in", folder.string(), errno);
  return static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
}

ScratchFile::ScratchFile(const std::filesystem::path& folder) : folder_(folder), file_(open_nameless(folder)) {}

void ScratchFile::write(std::int64_t offset_bytes, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), offset_bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", folder_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset_bytes += written;
  }
}

void ScratchFile::read(std::int64_t offset_bytes, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(file_.get(), bytes.data(), bytes.size(), offset_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", folder_, errno);
    if (got == 0) fail("read", folder_, EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    offset_bytes += got;
  }
}

void ScratchFile::prefetch(std::int64_t offset_bytes, std::int64_t bytes) const {
  // Linux fetches only the beginning of a long range.
  constexpr std::int64_t kPiece = std::int64_t{1} << 20;
  for (std::int64_t done = 0; done < bytes; done += kPiece) {
    // Advice: that it fails is no loss.
    ::posix_fadvise(file_.get(), offset_bytes + done, std::min(kPiece, bytes - done), POSIX_FADV_WILLNEED);
  }
}

}  // namespace tessera
