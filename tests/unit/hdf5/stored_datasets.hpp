// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "hdf5/handle.hpp"

/// Datasets of every type, layout and filter, written by the HDF5 library.
namespace tessera::testing {

enum class Direct { always, never, sometimes };

struct NamedType {
  const char* name;
  std::function<Hdf5Handle()> make;
  bool integer = false;
  Direct direct = Direct::always;
};

inline Hdf5Handle copied(hid_t type, H5T_order_t order = H5T_ORDER_LE) {
  Hdf5Handle copy(H5Tcopy(type), H5Tclose);
  H5Tset_order(copy.get(), order);
  return copy;
}

inline Hdf5Handle half(H5T_order_t order) {
  Hdf5Handle type = copied(H5T_IEEE_F32LE);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_size(type.get(), 2);
  H5Tset_ebias(type.get(), 15);
  H5Tset_order(type.get(), order);
  return type;
}

inline Hdf5Handle text(std::size_t bytes) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), bytes);
  return type;
}

inline Hdf5Handle boolean(hid_t base) {
  Hdf5Handle type(H5Tenum_create(base), H5Tclose);
  const std::array<signed char, 2> values = {0, 1};
  H5Tenum_insert(type.get(), "FALSE", &values[0]);
  H5Tenum_insert(type.get(), "TRUE", &values[1]);
  return type;
}

inline Hdf5Handle levels() {
  Hdf5Handle type(H5Tenum_create(H5T_NATIVE_INT16), H5Tclose);
  for (const std::int16_t value : std::array<std::int16_t, 3>{-1, 7, 300})
    H5Tenum_insert(type.get(), fmt::format("l{}", value).c_str(), &value);
  return type;
}

inline Hdf5Handle narrow_integer() {
  Hdf5Handle type = copied(H5T_STD_I32LE);
  H5Tset_precision(type.get(), 20);
  return type;
}

/// Records with a gap, numbers in both orders, text, an array and a boolean: 37 bytes.
inline Hdf5Handle record() {
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, 37), H5Tclose);
  const std::array<hsize_t, 1> three = {3};
  const Hdf5Handle array(H5Tarray_create2(H5T_STD_I16BE, 1, three.data()), H5Tclose);
  H5Tinsert(type.get(), "a", 0, H5T_IEEE_F64LE);
  H5Tinsert(type.get(), "b", 8, H5T_STD_I32BE);
  H5Tinsert(type.get(), "c", 15, text(5).get());
  H5Tinsert(type.get(), "d", 20, array.get());
  H5Tinsert(type.get(), "e", 26, boolean(H5T_NATIVE_INT8).get());
  H5Tinsert(type.get(), "f", 27, half(H5T_ORDER_LE).get());
  H5Tinsert(type.get(), "g", 29, H5T_IEEE_F64BE);
  return type;
}

inline std::vector<NamedType> number_types() {
  std::vector<NamedType> types;
  const auto add = [&](const char* name, hid_t type, bool integer) {
    types.push_back({name, [=] { return copied(type); }, integer});
    types.push_back({name, [=] { return copied(type, H5T_ORDER_BE); }, integer});
  };
  add("i1", H5T_STD_I8LE, true);
  add("i2", H5T_STD_I16LE, true);
  add("i4", H5T_STD_I32LE, true);
  add("i8", H5T_STD_I64LE, true);
  add("u1", H5T_STD_U8LE, true);
  add("u2", H5T_STD_U16LE, true);
  add("u4", H5T_STD_U32LE, true);
  add("u8", H5T_STD_U64LE, true);
  add("f4", H5T_IEEE_F32LE, false);
  add("f8", H5T_IEEE_F64LE, false);
  types.push_back({"f2", [] { return half(H5T_ORDER_LE); }});
  types.push_back({"f2", [] { return half(H5T_ORDER_BE); }});
  types.push_back({"boolean", [] { return boolean(H5T_NATIVE_INT8); }});
  types.push_back({"boolean of u1", [] { return boolean(H5T_NATIVE_UINT8); }});
  types.push_back({"bit field", [] { return copied(H5T_STD_B8LE); }});
  types.push_back({"text", [] { return text(7); }});
  types.push_back({"levels", levels, false, Direct::never});
  types.push_back({"20 bits", narrow_integer, false, Direct::never});
  return types;
}

struct Layout {
  const char* name;
  std::vector<hsize_t> extent;
  std::vector<hsize_t> chunk;  ///< empty: contiguous
  std::vector<hsize_t> most = {};
};

inline const std::vector<Layout>& chunked_layouts() {
  constexpr hsize_t kAny = H5S_UNLIMITED;
  static const std::vector<Layout> layouts = {
      {"1-D", {3000}, {700}, {}},
      {"1-D, one chunk larger than it", {500}, {600}, {kAny}},
      {"2-D whole rows", {900, 5}, {128, 5}, {}},
      {"2-D chunks narrower than rows", {900, 7}, {256, 3}, {}},
      {"2-D one column a chunk, extendible", {800, 3}, {600, 1}, {kAny, 3}},
      {"2-D chunks wider than rows, extendible twice", {700, 3}, {100, 8}, {kAny, kAny}},
  };
  return layouts;
}

struct NamedFilters {
  const char* name;
  std::vector<char> steps;  ///< s: shuffle, g: gzip, f: fletcher32, o: scale-offset, n: n-bit
  bool known = true;
};

inline const std::vector<NamedFilters>& filter_lists() {
  static const std::vector<NamedFilters> lists = {
      {"none", {}},
      {"gzip", {'g'}},
      {"shuffle", {'s'}},
      {"shuffle gzip", {'s', 'g'}},
      {"fletcher32", {'f'}},
      {"shuffle gzip fletcher32", {'s', 'g', 'f'}},
      {"fletcher32 shuffle gzip", {'f', 's', 'g'}},
      {"gzip fletcher32", {'g', 'f'}},
      {"gzip shuffle", {'g', 's'}, false},
      {"gzip gzip", {'g', 'g'}, false},
      {"scale-offset", {'o'}, false},
      {"n-bit", {'n'}, false},
  };
  return lists;
}

inline Hdf5Handle creation(const std::vector<hsize_t>& chunk, const std::vector<char>& filters) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!chunk.empty()) H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
  for (const char filter : filters) {
    if (filter == 's') H5Pset_shuffle(properties.get());
    if (filter == 'g') H5Pset_deflate(properties.get(), 3);
    if (filter == 'f') H5Pset_fletcher32(properties.get());
    if (filter == 'o') H5Pset_scaleoffset(properties.get(), H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
    if (filter == 'n') H5Pset_nbit(properties.get());
  }
  return properties;
}

/// Runs of equal bytes, so that there is something to pack, and bytes of every value.
inline std::vector<std::byte> some_bytes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count;) {
    const std::uint64_t random = generator();
    for (std::size_t run = 1 + random % 5; run > 0 && i < count; --run) bytes[i++] = static_cast<std::byte>(random >> 8);
  }
  return bytes;
}

struct Stored {
  hid_t type;
  Layout layout;
  hid_t properties;
};

inline void write_dataset(hid_t file, const char* name, const Stored& stored) {
  const int rank = static_cast<int>(stored.layout.extent.size());
  const Hdf5Handle space(
      H5Screate_simple(rank, stored.layout.extent.data(), stored.layout.most.empty() ? nullptr : stored.layout.most.data()),
      H5Sclose);
  const Hdf5Handle dataset(H5Dcreate2(file, name, stored.type, space.get(), H5P_DEFAULT, stored.properties, H5P_DEFAULT),
                           H5Dclose);
  ASSERT_TRUE(dataset);
  std::size_t bytes = H5Tget_size(stored.type);
  for (const hsize_t extent : stored.layout.extent) bytes *= extent;
  // Of the stored type, so that the bytes are what is in the file, whatever they mean.
  ASSERT_GE(H5Dwrite(dataset.get(), stored.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, some_bytes(bytes, bytes).data()), 0);
}

inline Hdf5Handle create_file(const std::string& path, bool latest_format = false, hsize_t user_block = 0) {
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (latest_format) H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  const Hdf5Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_userblock(properties.get(), user_block);
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.get(), access.get()), H5Fclose};
}

}  // namespace tessera::testing
