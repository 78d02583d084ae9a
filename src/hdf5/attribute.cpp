// SPDX-License-Identifier: Apache-2.0
#include "hdf5/attribute.hpp"

#include <algorithm>
#include <cstring>

#include "hdf5/type_check.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr hssize_t kMostStrings = hssize_t{1} << 20;
constexpr hssize_t kMostNumbers = hssize_t{1} << 24;
constexpr std::size_t kMostNumberBytes = 16;

std::string file_of(hid_t object) {
  const ssize_t length = H5Fget_name(object, nullptr, 0);
  if (length <= 0) return {};
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  H5Fget_name(object, name.data(), name.size());
  name.pop_back();
  return name;
}

/// An attribute opened for reading, with its type and number of elements.
struct OpenAttribute {
  Hdf5Handle attribute;
  Hdf5Handle type;
  hssize_t elements = 0;
  std::string path;
  std::string what;
};

[[noreturn]] void refuse(const OpenAttribute& open, const std::string& why) {
  throw DataError("cannot " + open.what + ": " + why, {.path = open.path, .dataset = {}, .column = {}},
                  "the file may be damaged; check it with h5dump -A, or write it again");
}

std::optional<OpenAttribute> open_attribute(hid_t object, const std::string& name) {
  if (!has_attribute(object, name)) return std::nullopt;
  OpenAttribute open;
  open.path = file_of(object);
  open.what = "read attribute '" + name + "'";
  open.attribute = check_handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, open.what, open.path, {});
  open.type = check_handle(H5Aget_type(open.attribute.get()), H5Tclose, open.what, open.path, {});
  if (!is_sound_type(open.type.get())) refuse(open, "the parts of its type do not fit into it");
  const Hdf5Handle space = check_handle(H5Aget_space(open.attribute.get()), H5Sclose, open.what, open.path, {});
  if (H5Sget_simple_extent_type(space.get()) != H5S_NULL) {
    open.elements = check(H5Sget_simple_extent_npoints(space.get()), open.what, open.path, {});
  }
  return open;
}

std::vector<std::string> read_variable_strings(const OpenAttribute& open) {
  Hdf5Handle memory_type = check_handle(H5Tcopy(open.type.get()), H5Tclose, open.what, open.path, {});
  const Hdf5Handle space = check_handle(H5Aget_space(open.attribute.get()), H5Sclose, open.what, open.path, {});
  std::vector<char*> cells(static_cast<std::size_t>(open.elements), nullptr);
  check(H5Aread(open.attribute.get(), memory_type.get(), cells.data()), open.what, open.path, {});
  std::vector<std::string> values;
  values.reserve(cells.size());
  for (const char* cell : cells) values.emplace_back(cell != nullptr ? cell : "");
  H5Dvlen_reclaim(memory_type.get(), space.get(), H5P_DEFAULT, cells.data());
  return values;
}

std::vector<std::string> read_fixed_strings(const OpenAttribute& open) {
  const std::size_t size = H5Tget_size(open.type.get());
  const auto count = static_cast<std::size_t>(open.elements);
  if (size == 0 || size > (std::size_t{1} << 20) || count * size > (std::size_t{1} << 26)) {
    refuse(open, "its strings are too long");
  }
  std::vector<char> bytes(count * size);
  check(H5Aread(open.attribute.get(), open.type.get(), bytes.data()), open.what, open.path, {});
  const bool space_padded = H5Tget_strpad(open.type.get()) == H5T_STR_SPACEPAD;
  std::vector<std::string> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* cell = bytes.data() + i * size;
    std::string value(cell, strnlen(cell, size));
    if (space_padded) value.erase(value.find_last_not_of(' ') + 1);
    values.push_back(std::move(value));
  }
  return values;
}

/// All elements as `native`, or nullopt if the attribute is not a number (or an enumeration, which is how booleans are stored).
template <typename Number>
std::optional<std::vector<Number>> read_numbers(hid_t object, const std::string& name, hid_t native) {
  const Hdf5Session session;
  std::optional<OpenAttribute> open = open_attribute(object, name);
  if (!open || open->elements > kMostNumbers) return std::nullopt;
  if (H5Tget_size(open->type.get()) > kMostNumberBytes) return std::nullopt;
  const H5T_class_t type_class = H5Tget_class(open->type.get());
  if (type_class == H5T_BITFIELD && H5Tget_size(open->type.get()) == 1) {  // how PyTables stores a boolean
    std::vector<unsigned char> bits(static_cast<std::size_t>(open->elements));
    if (!bits.empty()) check(H5Aread(open->attribute.get(), H5T_NATIVE_B8, bits.data()), open->what, open->path, {});
    return std::vector<Number>(bits.begin(), bits.end());
  }
  if (type_class != H5T_INTEGER && type_class != H5T_FLOAT && type_class != H5T_ENUM) return std::nullopt;
  std::vector<Number> values(static_cast<std::size_t>(open->elements));
  if (!values.empty()) check(H5Aread(open->attribute.get(), native, values.data()), open->what, open->path, {});
  return values;
}

template <typename Number>
std::optional<Number> only_element(const std::optional<std::vector<Number>>& values) {
  if (!values || values->size() != 1) return std::nullopt;
  return values->front();
}

void write_values(hid_t object, const std::string& name, hid_t type, hid_t space, const void* values) {
  const std::string what = "write attribute '" + name + "' to";
  const std::string path = file_of(object);
  const Hdf5Handle attribute =
      check_handle(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, what, path, {});
  if (values != nullptr) check(H5Awrite(attribute.get(), type, values), what, path, {});
}

Hdf5Handle list_space(std::size_t count) {
  const auto extent = static_cast<hsize_t>(count);
  return {H5Screate_simple(1, &extent, nullptr), H5Sclose};
}

Hdf5Handle text_type(std::size_t longest) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), std::max<std::size_t>(longest, 1));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

}  // namespace

bool has_attribute(hid_t object, const std::string& name) {
  const Hdf5Session session;
  return H5Aexists(object, name.c_str()) > 0;
}

std::optional<std::vector<std::string>> read_string_list_attribute(hid_t object, const std::string& name) {
  const Hdf5Session session;
  const std::optional<OpenAttribute> open = open_attribute(object, name);
  if (!open || H5Tget_class(open->type.get()) != H5T_STRING || open->elements > kMostStrings) return std::nullopt;
  if (open->elements == 0) return std::vector<std::string>{};
  return H5Tis_variable_str(open->type.get()) > 0 ? read_variable_strings(*open) : read_fixed_strings(*open);
}

std::optional<std::string> read_string_attribute(hid_t object, const std::string& name) {
  const auto values = read_string_list_attribute(object, name);
  if (!values || values->size() != 1) return std::nullopt;
  return values->front();
}

std::optional<std::string> read_fixed_string_attribute(hid_t object, const std::string& name) {
  const Hdf5Session session;
  const std::optional<OpenAttribute> open = open_attribute(object, name);
  if (!open || H5Tget_class(open->type.get()) != H5T_STRING || H5Tis_variable_str(open->type.get()) != 0) return std::nullopt;
  return open->elements == 1 ? std::optional(read_fixed_strings(*open).front()) : std::nullopt;
}

std::optional<std::vector<double>> read_number_list_attribute(hid_t object, const std::string& name) {
  return read_numbers<double>(object, name, H5T_NATIVE_DOUBLE);
}
std::optional<std::vector<std::int64_t>> read_integer_list_attribute(hid_t object, const std::string& name) {
  return read_numbers<std::int64_t>(object, name, H5T_NATIVE_INT64);
}
std::optional<double> read_number_attribute(hid_t object, const std::string& name) {
  return only_element(read_number_list_attribute(object, name));
}
std::optional<std::int64_t> read_integer_attribute(hid_t object, const std::string& name) {
  return only_element(read_integer_list_attribute(object, name));
}

std::optional<std::uint64_t> read_unsigned_attribute(hid_t object, const std::string& name) {
  return only_element(read_numbers<std::uint64_t>(object, name, H5T_NATIVE_UINT64));
}

void write_attribute(hid_t object, const std::string& name, const std::string& value) {
  const Hdf5Session session;
  const Hdf5Handle type = text_type(value.size());
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  write_values(object, name, type.get(), space.get(), value.c_str());
}

void write_attribute(hid_t object, const std::string& name, const char* value) {
  write_attribute(object, name, std::string(value));
}

void write_attribute(hid_t object, const std::string& name, const std::vector<std::string>& values) {
  const Hdf5Session session;
  std::size_t longest = 1;
  for (const std::string& value : values) longest = std::max(longest, value.size());
  std::vector<char> bytes(values.size() * longest, '\0');
  for (std::size_t i = 0; i < values.size(); ++i)
    std::copy(values[i].begin(), values[i].end(), bytes.begin() + static_cast<std::ptrdiff_t>(i * longest));
  const Hdf5Handle type = text_type(longest);
  const Hdf5Handle space = list_space(values.size());
  write_values(object, name, type.get(), space.get(), values.empty() ? nullptr : bytes.data());
}

void write_attribute(hid_t object, const std::string& name, double value) {
  const Hdf5Session session;
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  write_values(object, name, H5T_NATIVE_DOUBLE, space.get(), &value);
}

void write_attribute(hid_t object, const std::string& name, std::int64_t value) {
  const Hdf5Session session;
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  write_values(object, name, H5T_NATIVE_INT64, space.get(), &value);
}

void write_attribute(hid_t object, const std::string& name, const std::vector<double>& values) {
  const Hdf5Session session;
  const Hdf5Handle space = list_space(values.size());
  write_values(object, name, H5T_NATIVE_DOUBLE, space.get(), values.empty() ? nullptr : values.data());
}

void write_attribute(hid_t object, const std::string& name, const std::vector<std::int64_t>& values) {
  const Hdf5Session session;
  const Hdf5Handle space = list_space(values.size());
  write_values(object, name, H5T_NATIVE_INT64, space.get(), values.empty() ? nullptr : values.data());
}

}  // namespace tessera::hdf5
