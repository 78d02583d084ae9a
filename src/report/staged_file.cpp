// SPDX-License-Identifier: Apache-2.0
#include "report/staged_file.hpp"

#include <unistd.h>

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
  disk::write_all(disk::open_for_writing(path), content, path);
}

}  // namespace tessera
