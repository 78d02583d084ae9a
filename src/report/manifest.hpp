// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tessera/observer.hpp"

namespace tessera {

/// Files up to this size are hashed whole; of larger ones, 64 evenly spaced MiB.
inline constexpr std::int64_t kWholeHashBytes = std::int64_t{1} << 30;

/// Which input a run was made from, without saying where it lies or whose it is.
struct InputIdentity {
  std::string file_name;  ///< last component only
  std::int64_t size_bytes = 0;
  std::string fingerprint_method;  ///< "sha256", or "sha256 of the size and 64 blocks of 1 MiB" for large files
  std::string fingerprint;         ///< lower-case hex
};

/// Reads the file, or 64 MiB of it if it is larger than `whole_hash_bytes`. @throws FileError, CancelledError
[[nodiscard]] InputIdentity identify_input(const std::filesystem::path& path, const CancelToken& cancel,
                                           std::int64_t whole_hash_bytes = kWholeHashBytes);

/// One resolved option as the command line names it: {"restarts", 10}, {"features", {"income", "age"}}.
using OptionValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>>;

/// How a run came about: enough to repeat it.
struct Manifest {
  std::string created;  ///< creation_time() of the run; empty: now
  InputIdentity input;
  std::string command;                                        ///< "segment"
  std::vector<std::pair<std::string, OptionValue>> options;   ///< resolved, in the order of the help; no paths of the machine
  std::vector<std::pair<std::string, std::string>> versions;  ///< {"tessera", "0.1.0"}, {"compiler", ...}, {"hdf5", ...}, ...
};

/// The moment of creation as "2026-03-01T12:00:00Z": SOURCE_DATE_EPOCH if it is set (and a number), else now.
[[nodiscard]] std::string creation_time();

}  // namespace tessera
