// SPDX-License-Identifier: Apache-2.0
#include "hdf5/input_file.hpp"

#include <fmt/format.h>

#include <map>

#include "hdf5/input_driver.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr hsize_t kMostMembers = 1'000'000;

struct LinkName {
  std::string name;
  H5L_type_t type;
};

/// No exception may cross HDF5, which is C.
herr_t add_link(hid_t, const char* name, const H5L_info_t* info, void* out) noexcept {
  try {
    static_cast<std::vector<LinkName>*>(out)->push_back({name, info->type});
    return 0;
  } catch (...) {
    return -1;
  }
}

bool order_of_creation_is_known(hid_t group) {
  const Hdf5Handle properties(H5Gget_create_plist(group), H5Pclose);
  unsigned flags = 0;
  return properties && H5Pget_link_creation_order(properties.get(), &flags) >= 0 && (flags & H5P_CRT_ORDER_TRACKED) != 0;
}

/// Of several names of one object the first that is no soft link counts; without such a one, the first.
void mark_aliases(std::vector<Member>& members, const std::vector<char>& soft) {
  std::map<std::uint64_t, std::size_t> named;
  for (const bool soft_ones : {false, true}) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if ((soft[i] != 0) == soft_ones) members[i].is_alias = !named.emplace(members[i].address, i).second;
    }
  }
}

ObjectKind kind_of(H5O_type_t type) {
  if (type == H5O_TYPE_GROUP) return ObjectKind::group;
  return type == H5O_TYPE_DATASET ? ObjectKind::dataset : ObjectKind::other;
}

enum class Found { here, elsewhere, nowhere };

/// A soft link can lead to a link into another file, so that the object itself is asked where it is.
Found look_up(hid_t place, const std::string& name, Member& member) {
  H5O_info_t info;
  if (H5Oget_info_by_name2(place, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return Found::nowhere;
  member.kind = kind_of(info.type);
  member.address = static_cast<std::uint64_t>(info.addr);
  H5O_info_t home;
  const bool known = H5Oget_info2(place, &home, H5O_INFO_BASIC) >= 0;
  return known && home.fileno == info.fileno ? Found::here : Found::elsewhere;
}

Hdf5Handle reading_properties(bool locked) {
  Hdf5Handle properties(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  use_input_driver(properties.get());
  if (!locked) H5Pset_file_locking(properties.get(), false, true);
  return properties;
}

}  // namespace

InputFile open_for_reading(const std::string& path) {
  const Hdf5Session session;
  InputFile file;
  file.path = path;
  // Held, because closing properties would wipe out what HDF5 says about the failure.
  const Hdf5Handle with_lock = reading_properties(true);
  const Hdf5Handle without_lock = reading_properties(false);
  hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, with_lock.get());
  if (id < 0 && last_failure().lock_failed) {
    file.unlocked = true;
    id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, without_lock.get());
  }
  file.handle = check_handle(id, H5Fclose, "open it as HDF5", path, {});
  withhold_damaged_heaps(file.handle.get());
  return file;
}

Listing list_group(hid_t group, const std::string& file, const std::string& group_path) {
  const Hdf5Session session;
  H5G_info_t info;
  check(H5Gget_info(group, &info), "list the group", file, group_path);
  if (info.nlinks > kMostMembers) {
    throw DataError(fmt::format("the group has {} members", info.nlinks), {.path = file, .dataset = group_path, .column = {}},
                    "choose the table with --dataset PATH");
  }
  std::vector<LinkName> links;
  const H5_index_t order = order_of_creation_is_known(group) ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  check(H5Literate(group, order, H5_ITER_INC, nullptr, add_link, &links), "list the group", file, group_path);
  Listing listing;
  std::vector<char> soft;
  for (LinkName& link : links) {
    Member member;
    member.name = std::move(link.name);
    const bool followed = link.type == H5L_TYPE_HARD || link.type == H5L_TYPE_SOFT;
    if (followed && look_up(group, member.name, member) == Found::here) {
      listing.members.push_back(std::move(member));
      soft.push_back(link.type == H5L_TYPE_SOFT ? 1 : 0);
    } else if (link.type == H5L_TYPE_HARD) {
      raise("look at the object", file, join_path(group_path, member.name));
    } else {
      listing.elsewhere.push_back(std::move(member.name));
    }
  }
  mark_aliases(listing.members, soft);
  return listing;
}

Member find_object(const InputFile& file, const std::string& path) {
  const Hdf5Session session;
  Member member;
  member.name = base_name(path);
  const auto refuse = [&] {
    throw DataError("there is no such object in the file", {.path = file.path, .dataset = path, .column = {}},
                    "list what is in it with h5ls -r");
  };
  // Step by step, so that a link into another file is seen before it is followed.
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    H5L_info_t link;
    const bool root = part.find_first_not_of('/') == std::string::npos;
    if (!root && (H5Lget_info(file.handle.get(), part.c_str(), &link, H5P_DEFAULT) < 0 ||
                  (link.type != H5L_TYPE_HARD && link.type != H5L_TYPE_SOFT))) {
      refuse();
    }
    if (end == std::string::npos) break;
  }
  const Found found = look_up(file.handle.get(), path, member);
  if (found == Found::nowhere) raise("look at the object", file.path, path);
  if (found == Found::elsewhere) refuse();
  return member;
}

Hdf5Handle open_group(const InputFile& file, const std::string& path) {
  const Hdf5Session session;
  return check_handle(H5Gopen2(file.handle.get(), path.c_str(), H5P_DEFAULT), H5Gclose, "open the group", file.path, path);
}

Hdf5Handle open_object(const InputFile& file, const std::string& path) {
  const Hdf5Session session;
  return check_handle(H5Oopen(file.handle.get(), path.c_str(), H5P_DEFAULT), H5Oclose, "open the object", file.path, path);
}

std::string join_path(const std::string& group, const std::string& name) {
  return group == "/" ? "/" + name : group + "/" + name;
}

std::string parent_path(const std::string& path) {
  const std::size_t at = path.rfind('/');
  return at == std::string::npos || at == 0 ? "/" : path.substr(0, at);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace tessera::hdf5
