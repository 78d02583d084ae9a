// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace tessera {

/// What kind of thing went wrong. The values are the process exit codes (sysexits.h), so that a scheduler sees the same
/// classification as a caller of the library.
enum class ErrorCode : int {
  usage = 64,          ///< the command line does not parse
  bad_data = 65,       ///< the input is readable but not usable
  no_input = 66,       ///< the input does not exist
  unavailable = 69,    ///< a device, driver or HDF5 filter is missing
  internal = 70,       ///< an invariant of ours does not hold
  resource = 71,       ///< memory or another operating-system resource ran out
  cannot_create = 73,  ///< an output exists already or cannot be created
  io = 74,             ///< reading or writing failed half-way (short read, disk full)
  permission = 77,     ///< the operating system denies access
  config = 78,         ///< options contradict each other or the data
};

/// Base of everything that the library throws on purpose: one sentence of what happened and one of what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string advice = {})
      : std::runtime_error(message), code_(code), advice_(std::move(advice)) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// What the user can do about it; may be empty.
  [[nodiscard]] const std::string& advice() const noexcept { return advice_; }

 private:
  ErrorCode code_;
  std::string advice_;
};

/// The options are wrong, by themselves or for this table.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message, std::string advice = {}, ErrorCode code = ErrorCode::config)
      : Error(code, message, std::move(advice)) {}
};

/// Where in a table the trouble was first seen; -1 and empty mean unknown.
struct DataLocation {
  std::string path;
  std::string dataset;
  std::int64_t row = -1;
  std::string column;
};

/// The table is wrong. The message names the location as far as it is known.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message, DataLocation location = {}, std::string advice = {},
                     ErrorCode code = ErrorCode::bad_data);
  [[nodiscard]] const DataLocation& location() const noexcept { return location_; }

 private:
  DataLocation location_;
};

/// A file cannot be opened, created, read or written. Use `file_error` to classify an errno value.
class FileError : public Error {
 public:
  using Error::Error;
};

/// Classifies `error_number` (errno): ENOENT -> no_input, EACCES/EPERM/EROFS -> permission, ENOMEM -> resource,
/// else `fallback` (cannot_create or io). `doing` reads like "create", "read", "write".
[[nodiscard]] FileError file_error(const std::string& doing, const std::string& path, int error_number,
                                   ErrorCode fallback = ErrorCode::io);

/// Not enough memory for what was asked, with the shortfall and the option that would fit.
class MemoryError : public Error {
 public:
  explicit MemoryError(const std::string& message, std::string advice = {})
      : Error(ErrorCode::resource, message, std::move(advice)) {}
};

/// A device, driver or plug-in is not there or failed; names call, device, bytes asked and free.
class DeviceError : public Error {
 public:
  explicit DeviceError(const std::string& message, std::string advice = {})
      : Error(ErrorCode::unavailable, message, std::move(advice)) {}
};

/// The numbers do not allow the result (names the column or component).
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message, std::string advice = {})
      : Error(ErrorCode::bad_data, message, std::move(advice)) {}
};

/// The job was asked to stop (SIGINT, SIGTERM). Thrown between chunks, so nothing is left half-written.
class CancelledError : public std::runtime_error {
 public:
  explicit CancelledError(int signal) : std::runtime_error("cancelled"), signal_(signal) {}
  [[nodiscard]] int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

}  // namespace tessera
