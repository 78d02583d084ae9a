// SPDX-License-Identifier: Apache-2.0
#include "tessera/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace tessera {
namespace {

std::string with_location(const std::string& message, const DataLocation& where) {
  std::string text;
  if (!where.path.empty()) text += where.path + ": ";
  if (!where.dataset.empty()) text += where.dataset + ": ";
  if (!where.column.empty()) text += fmt::format("column '{}': ", where.column);
  if (where.row >= 0) text += fmt::format("row {}: ", where.row);
  return text + message;
}

}  // namespace

DataError::DataError(const std::string& message, DataLocation location, std::string advice, ErrorCode code)
    : Error(code, with_location(message, location), std::move(advice)), location_(std::move(location)) {}

FileError file_error(const std::string& doing, const std::string& path, int error_number, ErrorCode fallback) {
  const std::string message = fmt::format("cannot {} {}: {}", doing, path, std::strerror(error_number));
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      if (fallback == ErrorCode::cannot_create) {
        return {ErrorCode::cannot_create, message, "create the folder first, or choose another place"};
      }
      return {ErrorCode::no_input, message, "check the path"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ErrorCode::permission, message, "check who may read or write there"};
    case ENOMEM:
      return {ErrorCode::resource, message, "free memory, or lower --memory"};
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::io, message, "free some space, or choose another place with -o or --scratch"};
    default:
      return {fallback, message};
  }
}

}  // namespace tessera
