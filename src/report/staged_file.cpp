// SPDX-License-Identifier: Apache-2.0
#include "report/staged_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "report/disk.hpp"
#include "tessera/error.hpp"

namespace tessera {

StagedFile::StagedFile(std::filesystem::path target, bool force) : target_(disk::resolve(target)), force_(force) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::symlink_status(target_, failed);
  if (std::filesystem::exists(status)) {
    if (!std::filesystem::is_regular_file(status)) {
      throw FileError(ErrorCode::cannot_create, "cannot create " + target.string() + ": something else than a file is there",
                      "choose another name");
    }
    if (!force) {
      throw FileError(ErrorCode::cannot_create, "cannot create " + target.string() + ": it exists already",
                      "choose another name, or replace it with --force");
    }
  }
  staging_ = disk::create_sibling_file(target_);
}

StagedFile::~StagedFile() {
  if (!staging_.empty()) ::unlink(staging_.c_str());
}

void StagedFile::commit() {
  disk::flush(staging_);
  if (force_) {
    disk::move(staging_, target_);
  } else {
    disk::move_to_new(staging_, target_);
  }
  staging_.clear();
  disk::flush(target_.parent_path());
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  const disk::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) throw file_error("create", path.string(), errno, ErrorCode::cannot_create);
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t written = ::write(file.get(), content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_error("write", path.string(), errno);
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace tessera
