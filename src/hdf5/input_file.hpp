// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hdf5/handle.hpp"

namespace tessera::hdf5 {

/// A file opened for reading.
struct InputFile {
  Hdf5Handle handle;
  std::string path;
  bool unlocked = false;  ///< the file system refused the lock that HDF5 takes, so it is read without one
};

/// Opens a file read-only; where locking fails (network file systems, a writer that holds the lock) again without a lock.
/// @throws FileError if the system denies it; DataError if it is not HDF5 or is damaged
[[nodiscard]] InputFile open_for_reading(const std::string& path);

enum class ObjectKind { group, dataset, other };

/// A name in a group and what it leads to.
struct Member {
  std::string name;
  ObjectKind kind = ObjectKind::other;
  std::uint64_t address = 0;  ///< identifies the object in its file, whatever its names
  bool is_alias = false;      ///< another member of the same group is the same object
};

struct Listing {
  std::vector<Member> members;         ///< in order of creation where the file has recorded it, else by name
  std::vector<std::string> elsewhere;  ///< links that lead into other files, or nowhere: not followed
};

/// What is in a group. @throws DataError if the group is damaged or has more than a million members
[[nodiscard]] Listing list_group(hid_t group, const std::string& file, const std::string& group_path);

/// What `path` leads to within the file. Links into other files are not followed. @throws DataError if there is no such object
[[nodiscard]] Member find_object(const InputFile& file, const std::string& path);

[[nodiscard]] Hdf5Handle open_group(const InputFile& file, const std::string& path);
/// The group or dataset at `path`, for reading its attributes.
[[nodiscard]] Hdf5Handle open_object(const InputFile& file, const std::string& path);

/// "/a" + "b" = "/a/b".
[[nodiscard]] std::string join_path(const std::string& group, const std::string& name);
/// "/a/b" -> "/a"; "/" -> "/".
[[nodiscard]] std::string parent_path(const std::string& path);
/// "/a/b" -> "b".
[[nodiscard]] std::string base_name(const std::string& path);

}  // namespace tessera::hdf5
