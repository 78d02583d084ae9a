// SPDX-License-Identifier: Apache-2.0
#include "hdf5/element_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "hdf5/type_check.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr std::size_t kLargestRecordBytes = std::size_t{1} << 24;
constexpr int kMostLabels = 1 << 20;

struct Place {
  const std::string& file;
  const std::string& dataset;
};

[[noreturn]] void refuse(const std::string& what, Place place) {
  throw DataError(what, {.path = place.file, .dataset = place.dataset, .column = {}},
                  "the file may be damaged; check it with h5dump -H, or write it again");
}

hid_t native(DataType type) {
  const std::array<hid_t, 10> types = {H5T_NATIVE_INT8,  H5T_NATIVE_INT16,  H5T_NATIVE_INT32,  H5T_NATIVE_INT64,
                                       H5T_NATIVE_UINT8, H5T_NATIVE_UINT16, H5T_NATIVE_UINT32, H5T_NATIVE_UINT64,
                                       H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE};
  return types.at(static_cast<std::size_t>(type));
}

DataType integer_type(std::size_t bytes, bool is_signed) {
  const int width = bytes <= 1 ? 0 : bytes <= 2 ? 1 : bytes <= 4 ? 2 : 3;
  return static_cast<DataType>(static_cast<int>(is_signed ? DataType::int8 : DataType::uint8) + width);
}

void describe_number(ElementType& type, DataType memory) {
  type.form = ElementType::Form::number;
  type.type = memory;
  type.memory_bytes = value_bytes(memory);
  type.description = to_string(memory);
}

/// IEEE 754 binary16, in either byte order; other formats of two bytes are left to HDF5.
bool is_half(hid_t type) {
  std::size_t sign = 0, exponent = 0, exponent_bits = 0, fraction = 0, fraction_bits = 0;
  return H5Tget_size(type) == 2 && H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) >= 0 &&
         sign == 15 && exponent == 10 && exponent_bits == 5 && fraction == 0 && fraction_bits == 10 &&
         H5Tget_ebias(type) == 15 && H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

void describe_half(ElementType& type) {
  type.form = ElementType::Form::half;
  type.memory_bytes = 2;
  type.description = "float16";
}

void describe_text(ElementType& type, Place place) {
  type.type = DataType::text;
  if (check(H5Tis_variable_str(type.stored.get()), "read the type", place.file, place.dataset) > 0) {
    type.form = ElementType::Form::variable_text;
    type.memory_bytes = sizeof(char*);
    type.description = "variable-length text";
  } else {
    type.form = ElementType::Form::fixed_text;
    type.memory_bytes = H5Tget_size(type.stored.get());
    type.space_padded = H5Tget_strpad(type.stored.get()) == H5T_STR_SPACEPAD;
    type.description = fmt::format("text of {} bytes", type.memory_bytes);
  }
}

std::string member_name(hid_t type, unsigned index) {
  char* name = H5Tget_member_name(type, index);
  std::string copy = name != nullptr ? name : "";
  H5free_memory(name);
  return copy;
}

/// Sorted by code. Codes come from the file in the enumeration's own base type.
CodeLabels read_labels(hid_t type, Place place) {
  const int count = check(H5Tget_nmembers(type), "read the enumeration", place.file, place.dataset);
  if (count > kMostLabels) refuse(fmt::format("its enumeration has {} members", count), place);
  const Hdf5Handle base = check_handle(H5Tget_super(type), H5Tclose, "read the enumeration", place.file, place.dataset);
  const std::size_t bytes = std::max(H5Tget_size(base.get()), sizeof(std::int64_t));
  std::vector<std::pair<std::int64_t, std::string>> pairs;
  std::vector<unsigned char> value(bytes);
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    check(H5Tget_member_value(type, i, value.data()), "read the enumeration", place.file, place.dataset);
    check(H5Tconvert(base.get(), H5T_NATIVE_INT64, 1, value.data(), nullptr, H5P_DEFAULT), "read the enumeration", place.file,
          place.dataset);
    std::int64_t code = 0;
    std::copy_n(value.data(), sizeof(code), reinterpret_cast<unsigned char*>(&code));
    pairs.emplace_back(code, member_name(type, i));
  }
  std::sort(pairs.begin(), pairs.end());
  CodeLabels labels;
  for (auto& [code, label] : pairs) {
    labels.codes.push_back(code);
    labels.labels.push_back(std::move(label));
  }
  return labels;
}

/// h5py stores booleans as an enumeration of FALSE = 0 and TRUE = 1.
bool is_boolean(const CodeLabels& labels) {
  return labels.codes == std::vector<std::int64_t>{0, 1} && labels.labels == std::vector<std::string>{"FALSE", "TRUE"};
}

void describe_enumeration(ElementType& type, Place place) {
  type.labels = read_labels(type.stored.get(), place);
  if (is_boolean(type.labels)) {
    describe_number(type, DataType::uint8);
    type.description = "boolean";
    type.labels = {};
    return;
  }
  type.form = ElementType::Form::coded_text;
  type.type = DataType::text;
  type.memory_bytes = sizeof(std::int64_t);
  type.description = fmt::format("enumeration of {} levels", type.labels.codes.size());
}

ElementType describe(Hdf5Handle stored, Place place, bool top);

/// An array member is described by its element type and extent.
RecordMember describe_member(hid_t record, unsigned index, Place place) {
  RecordMember member;
  member.name = member_name(record, index);
  Hdf5Handle type = check_handle(H5Tget_member_type(record, index), H5Tclose, "read the type", place.file, place.dataset);
  if (H5Tget_class(type.get()) == H5T_ARRAY) {
    const int rank = check(H5Tget_array_ndims(type.get()), "read the type", place.file, place.dataset);
    member.extent.resize(static_cast<std::size_t>(rank));
    check(H5Tget_array_dims2(type.get(), member.extent.data()), "read the type", place.file, place.dataset);
    for (const hsize_t extent : member.extent) {
      member.cells = extent > kLargestRecordBytes ? -1 : member.cells * static_cast<std::int64_t>(extent);
      if (member.cells < 0 || member.cells > static_cast<std::int64_t>(kLargestRecordBytes)) {
        refuse("an array in its records is too long", place);
      }
    }
    type = check_handle(H5Tget_super(type.get()), H5Tclose, "read the type", place.file, place.dataset);
  }
  member.type = describe(std::move(type), place, false);
  return member;
}

/// Members one behind the other, each on a multiple of eight bytes, so that cells can be read in place.
void describe_record(ElementType& type, Place place) {
  const int count = check(H5Tget_nmembers(type.stored.get()), "read the type", place.file, place.dataset);
  std::size_t offset = 0;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    RecordMember member = describe_member(type.stored.get(), i, place);
    member.offset_bytes = offset;
    offset += (member.type.memory_bytes * static_cast<std::size_t>(member.cells) + 7) / 8 * 8;
    if (offset > kLargestRecordBytes) refuse("its records are larger than 16 MiB", place);
    type.members.push_back(std::move(member));
  }
  const bool complex = count == 2 && type.members[0].name == "r" && type.members[1].name == "i";
  if (complex) {
    type.members.clear();
    type.description = "complex numbers";
    return;
  }
  type.form = ElementType::Form::record;
  type.memory_bytes = std::max<std::size_t>(offset, 8);
  type.description = fmt::format("records of {} members", count);
}

/// A record within a record (complex numbers among them) is not taken apart.
ElementType describe(Hdf5Handle stored, Place place, bool top) {
  ElementType type;
  type.stored = std::move(stored);
  type.description = "a type that is not a number or text";
  const std::size_t bytes = H5Tget_size(type.stored.get());
  if (bytes == 0) raise("read the type", place.file, place.dataset);
  if (bytes > kLargestRecordBytes) refuse("its elements are larger than 16 MiB", place);
  switch (H5Tget_class(type.stored.get())) {
    case H5T_INTEGER:
      if (bytes <= 8) describe_number(type, integer_type(bytes, H5Tget_sign(type.stored.get()) == H5T_SGN_2));
      break;
    case H5T_FLOAT:
      describe_number(type, bytes <= 4 ? DataType::float32 : DataType::float64);
      if (is_half(type.stored.get())) describe_half(type);
      break;
    case H5T_BITFIELD:  // PyTables' booleans
      if (bytes == 1) {
        describe_number(type, DataType::uint8);
        type.description = "boolean";
      }
      break;
    case H5T_ENUM:
      describe_enumeration(type, place);
      break;
    case H5T_STRING:
      describe_text(type, place);
      break;
    case H5T_COMPOUND:
      type.description = "a compound type";
      if (top) describe_record(type, place);
      break;
    default:
      break;
  }
  return type;
}

}  // namespace

std::string_view CodeLabels::find(std::int64_t code) const {
  const auto at = std::lower_bound(codes.begin(), codes.end(), code);
  if (at == codes.end() || *at != code) return {};
  return labels[static_cast<std::size_t>(at - codes.begin())];
}

Hdf5Handle ElementType::memory_type(std::span<const char> wanted) const {
  switch (form) {
    case Form::number:
      return {H5Tcopy(H5Tget_class(stored.get()) == H5T_BITFIELD ? H5T_NATIVE_B8 : native(type)), H5Tclose};
    case Form::half: {
      Hdf5Handle half(H5Tcopy(stored.get()), H5Tclose);
      H5Tset_order(half.get(), H5Tget_order(H5T_NATIVE_FLOAT));
      return half;
    }
    case Form::coded_text:
      return {H5Tcopy(H5T_NATIVE_INT64), H5Tclose};
    case Form::variable_text: {
      Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
      H5Tset_size(text.get(), H5T_VARIABLE);
      H5Tset_cset(text.get(), H5Tget_cset(stored.get()));
      return text;
    }
    case Form::record:
      break;
    default:
      return {H5Tcopy(stored.get()), H5Tclose};
  }
  Hdf5Handle record(H5Tcreate(H5T_COMPOUND, memory_bytes), H5Tclose);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const RecordMember& member = members[i];
    if (i >= wanted.size() || wanted[i] == 0) continue;
    Hdf5Handle cell = member.type.memory_type();
    if (!member.extent.empty()) {
      cell = {H5Tarray_create2(cell.get(), static_cast<unsigned>(member.extent.size()), member.extent.data()), H5Tclose};
    }
    if (H5Tinsert(record.get(), member.name.c_str(), member.offset_bytes, cell.get()) < 0) return {};
  }
  return record;
}

ElementType describe_type(Hdf5Handle stored, const std::string& file, const std::string& dataset) {
  const Hdf5Session session;
  if (!is_sound_type(stored.get())) refuse("its type is damaged: its parts do not fit into it", {file, dataset});
  return describe(std::move(stored), {file, dataset}, true);
}

}  // namespace tessera::hdf5
