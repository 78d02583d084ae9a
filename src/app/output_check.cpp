// SPDX-License-Identifier: Apache-2.0
#include "app/output_check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "report/pseudonyms.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

namespace fs = std::filesystem;

/// Whether `inner` is `outer` or lies below it, both with links resolved.
bool lies_within(const fs::path& inner, const fs::path& outer) {
  const auto [outer_rest, inner_rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return outer_rest == outer.end() || (outer_rest->empty() && std::next(outer_rest) == outer.end());
}

}  // namespace

void check_input(const fs::path& input) {
  std::error_code error;
  if (fs::is_directory(input, error)) {
    throw FileError(ErrorCode::no_input, fmt::format("{} is a folder, not a table", input.string()), "name a file in it");
  }
  if (access(input.c_str(), R_OK) != 0) throw file_error("read", input.string(), errno, ErrorCode::no_input);
}

void check_not_overwritten(const fs::path& input, const fs::path& output) {
  std::error_code error;
  const fs::path source = fs::weakly_canonical(input, error);
  const fs::path target = fs::weakly_canonical(output, error);
  const bool same_file = fs::exists(output, error) && fs::equivalent(input, output, error);
  if (!same_file && (source.empty() || target.empty() || !lies_within(source, target))) return;
  throw FileError(ErrorCode::cannot_create,
                  fmt::format("writing {} would destroy the input {}", output.string(), input.string()),
                  "choose another output with -o");
}

void check_output_file(const fs::path& output, bool force) {
  std::error_code error;
  const fs::file_status status = fs::status(output, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw FileError(ErrorCode::cannot_create, fmt::format("cannot create {}: it is not a file", output.string()),
                    "choose another output with -o");
  }
  if (fs::exists(status) && !force) {
    throw FileError(ErrorCode::cannot_create, fmt::format("cannot create {}: it exists already", output.string()),
                    "choose another output with -o, or replace it with --force");
  }
  const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw file_error("create a file in", folder.string(), errno, ErrorCode::cannot_create);
  }
}

void check_pseudonym_key(const std::filesystem::path& key, const std::filesystem::path& output) {
  if (key.empty()) return;
  check_input(key);
  check_not_overwritten(key, output);
  (void)Pseudonyms(key);
}

void note_no_pseudonyms(const std::filesystem::path& key, Observer& observer) {
  if (key.empty()) return;
  observer.note(Observer::Level::warning, "pseudonyms",
                "no column names the customers: ids are row numbers, which need no pseudonyms (--id names a column)");
}

}  // namespace tessera
