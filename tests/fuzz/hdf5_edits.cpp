// SPDX-License-Identifier: Apache-2.0
#include "hdf5_edits.hpp"

#include <hdf5.h>

#include <fstream>
#include <iterator>
#include <string_view>

#include "hdf5/handle.hpp"

namespace tessera::fuzz {
namespace {

/// Words that the layouts look for, and some that they do not expect.
constexpr std::array kWords = {"",
                               "frame",
                               "frame_table",
                               "series",
                               "anndata",
                               "dataframe",
                               "csr_matrix",
                               "categorical",
                               "nullable-integer",
                               "nullable-boolean",
                               "regular",
                               "multi",
                               "datetime64[ns]",
                               "datetime64[",
                               "timedelta64[ms]",
                               "datetime",
                               "category",
                               "int64",
                               "id",
                               "kpi",
                               "nominal",
                               "date",
                               "nan",
                               "N.",
                               "/",
                               "..",
                               "a//b",
                               "\xff\xfe",
                               "two\nlines",
                               "_index",
                               "obs",
                               "block0"};
constexpr std::array kAttributeNames = {
    "pandas_type", "encoding-type", "_index",    "column-order", "nblocks",  "axis0_variety", "transposed",   "value_type",
    "kind",        "name",          "shape",     "PSEUDOATOM",   "nan_rep",  "columns",       "categories",   "feature_names",
    "role",        "index_kind",    "city_meta", "age_dtype",    "age_meta", "index_variety", "axis1_variety"};
constexpr std::array kLinkNames = {
    "X",    "obs",   "var",   "table",      "axis0",   "axis1", "block0_items", "block0_values", "values",
    "mask", "index", "codes", "categories", "columns", "train", "neighbors",    "feature_names", "_index"};
constexpr std::array<hsize_t, 14> kExtents = {
    7, 0, 1, 2, 3, 6, 8, 300, 5000, 70'000, (1 << 20) + 1, hsize_t{1} << 31, hsize_t{1} << 53, hsize_t{1} << 60};
/// More than this is only claimed: the dataset has chunks, and none of them is written.
constexpr hsize_t kMostCellsWritten = 4096;
constexpr std::size_t kMostBytesWritten = std::size_t{1} << 16;

Hdf5Handle resized(hid_t type, std::size_t bytes) {
  Hdf5Handle copy(H5Tcopy(type), H5Tclose);
  H5Tset_size(copy.get(), bytes);
  return copy;
}

Hdf5Handle text_type(Input& input) {
  constexpr std::array<std::size_t, 6> kSizes = {1, 5, 16, 300, 65'536, H5T_VARIABLE};
  Hdf5Handle type = resized(H5T_C_S1, input.choose(kSizes));
  const auto how = input.take<std::uint8_t>();
  H5Tset_cset(type.get(), how % 2 == 0 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
  if (H5Tis_variable_str(type.get()) == 0) H5Tset_strpad(type.get(), static_cast<H5T_str_t>(how / 2 % 3));
  return type;
}

Hdf5Handle enumeration(Input& input) {
  constexpr std::array<hid_t (*)(), 3> kBases = {[] { return H5T_STD_I8LE; }, [] { return H5T_STD_U64BE; },
                                                 [] { return H5T_STD_I16BE; }};
  const hid_t base = input.choose(kBases)();
  Hdf5Handle type(H5Tenum_create(base), H5Tclose);
  const auto count = input.take<std::uint8_t>();
  if (count == 0) {  // a boolean
    for (const int value : {0, 1}) {
      const Hdf5Handle code = resized(H5T_NATIVE_INT, sizeof(int));
      int converted[2] = {value, 0};
      H5Tconvert(code.get(), base, 1, converted, nullptr, H5P_DEFAULT);
      H5Tenum_insert(type.get(), value == 0 ? "FALSE" : "TRUE", converted);
    }
    return type;
  }
  for (int i = 0; i < 1 + count % 8; ++i) {
    std::array<std::int64_t, 1> code = {input.take<std::int8_t>()};
    H5Tconvert(H5T_NATIVE_INT64, base, 1, code.data(), nullptr, H5P_DEFAULT);
    H5Tenum_insert(type.get(), std::string(1, static_cast<char>('a' + i)).c_str(), code.data());
  }
  return type;
}

Hdf5Handle any_type(Input& input, int depth);

Hdf5Handle record(Input& input, int depth) {
  constexpr std::array kNames = {"r", "i", "index", "values", "age", "city", "values_block_0", "a/b", "id"};
  const int count = 1 + input.take<std::uint8_t>() % 4;
  std::vector<Hdf5Handle> members;
  std::size_t bytes = 0;
  for (int i = 0; i < count; ++i) {
    members.push_back(any_type(input, depth + 1));
    bytes += H5Tget_size(members.back().get()) + 1;
  }
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, bytes), H5Tclose);
  std::size_t offset = 0;
  for (const Hdf5Handle& member : members) {
    H5Tinsert(type.get(), input.choose(kNames), offset, member.get());
    offset += H5Tget_size(member.get()) + 1;
  }
  // HDF5 crashes when it copies a record without members.
  if (H5Tget_nmembers(type.get()) < 1) H5Tinsert(type.get(), "id", 0, H5T_STD_I8LE);
  return type;
}

Hdf5Handle array(Input& input, int depth) {
  const Hdf5Handle base = any_type(input, depth + 1);
  constexpr std::array<hsize_t, 6> kArrayExtents = {1, 2, 3, 17, 4096, hsize_t{1} << 22};
  const hsize_t extents[2] = {input.choose(kArrayExtents), 1 + hsize_t{input.take<std::uint8_t>()} % 3};
  return {H5Tarray_create2(base.get(), 2, extents), H5Tclose};
}

/// Integers and floating-point numbers of unusual widths.
Hdf5Handle odd_number(Input& input) {
  constexpr std::array<std::size_t, 7> kSizes = {1, 2, 3, 5, 8, 9, 16};
  const auto how = input.take<std::uint8_t>();
  Hdf5Handle type = resized(how % 2 == 0 ? H5T_STD_I64LE : H5T_STD_U64BE, input.choose(kSizes));
  if (how >= 128) {
    const std::size_t bits = 1 + how % 8;
    H5Tset_precision(type.get(), bits);
    H5Tset_offset(type.get(), how / 8 % 8);
  }
  return type;
}

Hdf5Handle any_type(Input& input, int depth = 0) {
  constexpr std::array<hid_t (*)(), 18> kPlain = {
      [] { return H5T_IEEE_F64LE; },      [] { return H5T_IEEE_F32LE; }, [] { return H5T_IEEE_F32BE; },
      [] { return H5T_STD_I8LE; },        [] { return H5T_STD_I16BE; },  [] { return H5T_STD_I32LE; },
      [] { return H5T_STD_I64LE; },       [] { return H5T_STD_I64BE; },  [] { return H5T_STD_U8LE; },
      [] { return H5T_STD_U16LE; },       [] { return H5T_STD_U32BE; },  [] { return H5T_STD_U64LE; },
      [] { return H5T_STD_B8LE; },        [] { return H5T_STD_B16LE; },  [] { return H5T_STD_REF_OBJ; },
      [] { return H5T_STD_REF_DSETREG; }, [] { return H5T_UNIX_D64LE; }, [] { return H5T_NATIVE_LDOUBLE; }};
  const auto choice = input.take<std::uint8_t>();
  const bool deep = depth > 2;
  if (choice < 100 || deep) return {H5Tcopy(kPlain[choice % kPlain.size()]()), H5Tclose};
  if (choice < 140) return text_type(input);
  if (choice < 155) return enumeration(input);
  if (choice < 175) return record(input, depth);
  if (choice < 190) return array(input, depth);
  if (choice < 205) return odd_number(input);
  if (choice < 215) {
    Hdf5Handle half = resized(H5T_IEEE_F32LE, 4);
    H5Tset_fields(half.get(), 15, 10, 5, 0, 10);
    H5Tset_size(half.get(), 2);
    H5Tset_ebias(half.get(), 15);
    return half;
  }
  if (choice < 235) {
    const Hdf5Handle base = any_type(input, depth + 1);
    return {H5Tvlen_create(base.get()), H5Tclose};
  }
  return {H5Tcreate(H5T_OPAQUE, 1 + choice % 20), H5Tclose};
}

/// `count` cells of `type` from the input; empty if they cannot be written.
std::vector<char> cells(hid_t type, hsize_t count, Input& input) {
  const std::size_t bytes = H5Tget_size(type);
  if (count > kMostCellsWritten || bytes > kMostBytesWritten / std::max<hsize_t>(count, 1)) return {};
  if (H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tdetect_class(type, H5T_REFERENCE) > 0) return {};
  std::vector<char> values(bytes * count);
  if (H5Tis_variable_str(type) > 0) {
    for (hsize_t i = 0; i < count; ++i) {
      const auto choice = input.take<std::uint8_t>();
      const char* word = choice == 255 ? nullptr : kWords[choice % kWords.size()];
      std::memcpy(values.data() + i * bytes, &word, sizeof word);
    }
    return values;
  }
  if (H5Tdetect_class(type, H5T_STRING) > 0 && H5Tget_class(type) != H5T_STRING) return {};  // some may be variable
  const bool number = H5Tget_class(type) == H5T_INTEGER || H5Tget_class(type) == H5T_FLOAT;
  for (hsize_t i = 0; i < count; ++i) {
    char* cell = values.data() + i * bytes;
    if (number && bytes <= sizeof(double)) {
      const double value = input.take_number();
      std::array<char, 64> converted{};
      std::memcpy(converted.data(), &value, sizeof value);
      H5Tconvert(H5T_NATIVE_DOUBLE, type, 1, converted.data(), nullptr, H5P_DEFAULT);
      std::memcpy(cell, converted.data(), bytes);
    } else if (H5Tget_class(type) == H5T_STRING) {
      const std::string_view word = input.choose(kWords);
      std::copy_n(word.begin(), std::min(word.size(), bytes), cell);
    } else {
      for (std::size_t at = 0; at < bytes; ++at) cell[at] = input.take<char>();
    }
  }
  return values;
}

struct Space {
  Hdf5Handle handle;
  std::vector<hsize_t> extents;
  hsize_t cells = 1;  ///< saturates
};

Space any_space(Input& input) {
  Space space;
  const auto choice = input.take<std::uint8_t>();
  if (choice >= 250) {
    space.handle = {H5Screate(choice >= 253 ? H5S_NULL : H5S_SCALAR), H5Sclose};
    space.cells = choice >= 253 ? 0 : 1;
    return space;
  }
  const int rank = choice < 160 ? 1 : choice < 240 ? 2 : 3;
  for (int i = 0; i < rank; ++i) {
    const hsize_t extent = input.choose(kExtents);
    space.extents.push_back(extent);
    space.cells = extent == 0 ? 0 : std::min(space.cells, kMostCellsWritten + 1) * std::min(extent, kMostCellsWritten + 1);
  }
  space.handle = {H5Screate_simple(rank, space.extents.data(), nullptr), H5Sclose};
  return space;
}

void replace_dataset(hid_t file, const std::string& path, Input& input) {
  const Hdf5Handle type = any_type(input);
  const Space space = any_space(input);
  H5Ldelete(file, path.c_str(), H5P_DEFAULT);
  const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const auto storage = input.take<std::uint8_t>();
  if (!space.extents.empty() && (storage % 4 == 1 || space.cells > kMostCellsWritten)) {
    const std::vector<hsize_t> chunk(space.extents.size(), 1 + storage % 5);
    H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
    if (storage >= 128) H5Pset_deflate(properties.get(), 1);
    if (storage >= 192) H5Pset_shuffle(properties.get());
  }
  const Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const Hdf5Handle dataset(
      H5Dcreate2(file, path.c_str(), type.get(), space.handle.get(), links.get(), properties.get(), H5P_DEFAULT), H5Dclose);
  if (!dataset || space.cells == 0) return;
  const std::vector<char> values = cells(type.get(), space.cells, input);
  if (!values.empty()) H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

void set_values(hid_t file, const std::string& path, Input& input) {
  const Hdf5Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset) return;
  const Hdf5Handle type(H5Dget_type(dataset.get()), H5Tclose);
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  if (count < 1 || static_cast<hsize_t>(count) > kMostCellsWritten) return;
  const std::vector<char> values = cells(type.get(), static_cast<hsize_t>(count), input);
  if (!values.empty()) H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
}

std::string attribute_name(const Fixture& fixture, Input& input) {
  const auto choice = input.take<std::uint8_t>();
  if (choice < 128 && !fixture.attributes.empty()) return fixture.attributes[choice % fixture.attributes.size()];
  return kAttributeNames[choice % kAttributeNames.size()];
}

void set_attribute(hid_t object, const std::string& name, Input& input) {
  H5Adelete(object, name.c_str());
  const auto how = input.take<std::uint8_t>();
  if (how >= 240) return;
  // Mostly what an attribute could be: one word, or one number.
  const bool word = how < 100;
  const bool number = how >= 100 && how < 160;
  const Hdf5Handle type = word ? text_type(input) : number ? Hdf5Handle(H5Tcopy(H5T_STD_I64LE), H5Tclose) : any_type(input);
  Space space;
  if (word || number) {
    space.handle = {H5Screate(H5S_SCALAR), H5Sclose};
  } else {
    space = any_space(input);
  }
  // HDF5 makes room for an attribute at once, however large.
  if (space.cells > kMostCellsWritten || H5Tget_size(type.get()) * space.cells > kMostBytesWritten) return;
  const Hdf5Handle attribute(H5Acreate2(object, name.c_str(), type.get(), space.handle.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose);
  if (!attribute || space.cells == 0) return;
  const std::vector<char> values = cells(type.get(), space.cells, input);
  if (!values.empty()) H5Awrite(attribute.get(), type.get(), values.data());
}

std::string link_path(const Fixture& fixture, Input& input) {
  const auto choice = input.take<std::uint8_t>();
  if (choice < 128) return fixture.objects[choice % fixture.objects.size()];
  const std::string& beside = input.choose(fixture.objects);
  return beside.substr(0, beside.rfind('/') + 1) + kLinkNames[choice % kLinkNames.size()];
}

void change_link(hid_t file, const std::string& path, const Fixture& fixture, Input& input) {
  const auto how = input.take<std::uint8_t>();
  const std::string other = link_path(fixture, input);
  switch (how % 7) {
    case 0:
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      break;
    case 1:
      H5Lmove(file, path.c_str(), file, other.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 2:
      H5Lcreate_hard(file, path.c_str(), file, other.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 3:
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      H5Lcreate_hard(file, other.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 4:
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      H5Lcreate_soft(other.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 5:
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      H5Lcreate_external("elsewhere.h5", other.c_str(), file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    default:
      H5Ldelete(file, path.c_str(), H5P_DEFAULT);
      Hdf5Handle(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  }
}

herr_t add_link(hid_t, const char* name, const H5L_info_t*, void* out) {
  static_cast<std::vector<std::string>*>(out)->push_back(std::string("/") + name);
  return 0;
}

herr_t add_attribute(hid_t, const char* name, const H5A_info_t*, void* out) {
  auto& names = *static_cast<std::vector<std::string>*>(out);
  if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  return 0;
}

}  // namespace

Fixture::Fixture(const std::filesystem::path& path) : objects{"/"} {
  std::ifstream in(path, std::ios::binary);
  bytes.assign(std::istreambuf_iterator<char>(in), {});
  const Hdf5Session session;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  H5Lvisit(file.get(), H5_INDEX_NAME, H5_ITER_INC, add_link, &objects);
  for (const std::string& object : objects) {
    const Hdf5Handle handle(H5Oopen(file.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
    if (handle) H5Aiterate2(handle.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute, &attributes);
  }
}

void edit(const std::filesystem::path& path, const Fixture& fixture, Input& input) {
  const Hdf5Session session;
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  while (!input.empty()) {
    const auto what = input.take<std::uint8_t>();
    const std::string& object = input.choose(fixture.objects);
    if (what < 100) {
      const Hdf5Handle handle(H5Oopen(file.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
      if (handle) set_attribute(handle.get(), attribute_name(fixture, input), input);
    } else if (what < 160) {
      set_values(file.get(), object, input);
    } else if (what < 225) {
      replace_dataset(file.get(), what < 200 ? object : link_path(fixture, input), input);
    } else {
      change_link(file.get(), object, fixture, input);
    }
  }
}

}  // namespace tessera::fuzz
