// SPDX-License-Identifier: Apache-2.0
#include "report/run_directory.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "report/disk.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;

/// A folder is a run if its manifest says so: plenty of other software writes a manifest.json too.
bool is_run(const fs::path& folder) {
  std::ifstream file(folder / "manifest.json", std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head.find("\"tessera-manifest\"") != std::string::npos;
}

FileError refuse(const fs::path& target, const std::string& why, const std::string& advice) {
  return {ErrorCode::cannot_create, "cannot create " + target.string() + ": " + why, advice};
}

/// True if something stands at `target` that has to be moved out of the way. @throws FileError if it may not be
bool holds_earlier_run(const fs::path& target, bool force) {
  std::error_code failed;
  const fs::file_status status = fs::symlink_status(target, failed);
  if (status.type() == fs::file_type::not_found) return false;
  if (status.type() == fs::file_type::none)
    throw file_error("create", target.string(), failed.value(), ErrorCode::cannot_create);
  if (!fs::is_directory(status)) throw refuse(target, "a file of this name exists", "choose another folder with -o");
  const bool empty = fs::is_empty(target, failed);
  if (failed) throw file_error("read", target.string(), failed.value(), ErrorCode::cannot_create);
  if (empty) return false;
  if (!is_run(target)) {
    throw refuse(target, "the folder is not empty and holds no earlier run", "choose another folder with -o");
  }
  if (!force) {
    throw refuse(target, "an earlier run is there already", "choose another folder with -o, or replace the run with --force");
  }
  return true;
}

/// Creates the missing folders down to `folder`; returns those created, outermost first.
std::vector<fs::path> create_folders(const fs::path& folder) {
  std::vector<fs::path> missing;
  std::error_code failed;
  for (fs::path each = folder; !fs::exists(each, failed) && each.has_relative_path(); each = each.parent_path()) {
    if (failed && failed != std::errc::no_such_file_or_directory) break;
    missing.insert(missing.begin(), each);
  }
  fs::create_directories(folder, failed);
  if (failed) throw file_error("create", folder.string(), failed.value(), ErrorCode::cannot_create);
  return missing;
}

}  // namespace

RunDirectory::RunDirectory(const fs::path& target, bool force) : target_(disk::resolve(target)), force_(force) {
  if (target.empty() || !target_.has_filename()) throw refuse(target_, "it is no name for a folder", "choose a folder with -o");
  (void)holds_earlier_run(target_, force_);
  created_parents_ = create_folders(target_.parent_path());
  try {
    staging_ = disk::create_sibling_folder(target_);
  } catch (...) {
    discard();
    throw;
  }
}

RunDirectory::~RunDirectory() {
  if (!staging_.empty()) discard();
}

void RunDirectory::discard() noexcept {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
  // rmdir leaves alone what somebody else has put into them since.
  for (auto folder = created_parents_.rbegin(); folder != created_parents_.rend(); ++folder) fs::remove(*folder, ignored);
}

void RunDirectory::create_folder(const std::string& name) {
  std::error_code failed;
  fs::create_directory(staging_ / name, failed);
  if (failed) throw file_error("create", (staging_ / name).string(), failed.value(), ErrorCode::cannot_create);
}

void RunDirectory::commit() {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(staging_)) disk::flush(entry.path());
  fs::permissions(staging_, disk::default_folder_permissions(staging_));
  disk::flush(staging_);
  if (holds_earlier_run(target_, force_)) {
    replace_earlier_run();
  } else {
    disk::move(staging_, target_);
    staging_.clear();
  }
  disk::flush(target_.parent_path());
}

void RunDirectory::replace_earlier_run() {
  fs::path earlier = staging_;
  if (disk::exchange(staging_, target_)) {
    staging_.clear();
  } else {
    // Without an exchange there is a moment without any run; a crash in it leaves both, complete, under hidden names.
    earlier = disk::create_sibling_folder(target_);
    disk::move(target_, earlier);
    try {
      disk::move(staging_, target_);
    } catch (...) {
      disk::move(earlier, target_);
      throw;
    }
    staging_.clear();
  }
  disk::flush(target_.parent_path());
  std::error_code failed;
  fs::remove_all(earlier, failed);
  if (failed) {
    throw FileError(
        ErrorCode::io,
        "the new run stands at " + target_.string() + ", but the earlier one could not be removed: " + failed.message(),
        "remove " + earlier.string());
  }
}

}  // namespace tessera
