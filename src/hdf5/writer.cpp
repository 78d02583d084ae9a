// SPDX-License-Identifier: Apache-2.0
#include "hdf5/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr unsigned kKeepOrder = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

Hdf5Handle create_file(TemporaryFile& file) {
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.get(), 0);
  H5Pset_link_creation_order(creation.get(), kKeepOrder);
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  // The format of 1.8 has checksums on its metadata and no limit of 64 KiB on attributes.
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18);
  use_output_driver(access.get(), file.output());
  return file.own(H5Fcreate(file.path().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose,
                  "create the HDF5 file");
}

TemporaryFile make_temporary(const std::filesystem::path& path, FileWriterOptions options) {
  return options.scratch ? TemporaryFile(path) : TemporaryFile(path, options.overwrite);
}

Hdf5Handle space_of(std::int64_t count) {
  const auto extent = static_cast<hsize_t>(count);
  return {count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr), H5Sclose};
}

constexpr std::int64_t kScalar = -1;

}  // namespace

FileWriter::FileWriter(const std::filesystem::path& path, FileWriterOptions options)
    : temporary_(make_temporary(path, options)) {
  const Hdf5Session session;
  file_ = create_file(temporary_);
}

FileWriter::~FileWriter() {
  const Hdf5Session session;
  // Nothing that is still in libhdf5's buffers is worth the disk now: let the driver pretend.
  if (temporary_.output().error == 0) temporary_.output().error = ECANCELED;
  datasets_.clear();
  file_.close();
}

void FileWriter::create_groups(const std::string& name) {
  const Hdf5Handle links = utf8_link_properties();
  const Hdf5Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.get(), 0);
  H5Pset_link_creation_order(properties.get(), kKeepOrder);
  for (std::size_t slash = name.find('/', 1); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    const std::string prefix = name.substr(0, slash);
    if (H5Lexists(file_.get(), prefix.c_str(), H5P_DEFAULT) > 0) continue;
    const Hdf5Handle group = temporary_.own(H5Gcreate2(file_.get(), prefix.c_str(), links.get(), properties.get(), H5P_DEFAULT),
                                            H5Gclose, "create group " + prefix);
  }
}

void FileWriter::create_group(const std::string& name) {
  const Hdf5Session session;
  create_groups(name + "/");
}

DatasetWriter& FileWriter::create_dataset(const std::string& name, const DatasetOptions& options) {
  const Hdf5Session session;
  create_groups(name);
  return datasets_.emplace_back(file_.get(), temporary_, name, options);
}

DatasetWriter& FileWriter::write_text(const std::string& name, const std::vector<std::string>& values) {
  DatasetWriter& dataset = create_dataset(name, {.type = DataType::text, .rows = static_cast<std::int64_t>(values.size())});
  const std::vector<std::string_view> views(values.begin(), values.end());
  dataset.append(std::span<const std::string_view>(views));
  return dataset;
}

void FileWriter::write_attribute(const std::string& object, const std::string& name, hid_t type, std::int64_t count,
                                 const void* values) {
  const Hdf5Session session;
  const std::string what = fmt::format("write attribute {} of {}", name, object);
  const Hdf5Handle space = space_of(count);
  const Hdf5Handle owner = temporary_.own(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), H5Oclose, what);
  const Hdf5Handle creation(H5Pcreate(H5P_ATTRIBUTE_CREATE), H5Pclose);
  H5Pset_char_encoding(creation.get(), H5T_CSET_UTF8);
  const Hdf5Handle attribute =
      temporary_.own(H5Acreate2(owner.get(), name.c_str(), type, space.get(), creation.get(), H5P_DEFAULT), H5Aclose, what);
  if (count != 0 && H5Awrite(attribute.get(), type, values) < 0) temporary_.fail(what);
}

void FileWriter::write_text_attribute(const std::string& object, const std::string& name, std::int64_t count,
                                      const std::vector<std::string>& values) {
  const Hdf5Session session;
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  std::vector<const char*> pointers(values.size());
  std::transform(values.begin(), values.end(), pointers.begin(), [](const std::string& value) { return value.c_str(); });
  write_attribute(object, name, type.get(), count, pointers.data());
}

void FileWriter::set_fixed_attribute(const std::string& object, const std::string& name, std::string_view value) {
  const Hdf5Session session;
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string(value);
  H5Tset_size(type.get(), padded.size());
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  write_attribute(object, name, type.get(), kScalar, padded.data());
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, std::string_view value) {
  write_text_attribute(object, name, kScalar, {std::string(value)});
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& values) {
  write_text_attribute(object, name, static_cast<std::int64_t>(values.size()), values);
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  write_attribute(object, name, H5T_NATIVE_INT64, kScalar, &value);
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, std::uint64_t value) {
  write_attribute(object, name, H5T_NATIVE_UINT64, kScalar, &value);
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, double value) {
  write_attribute(object, name, H5T_NATIVE_DOUBLE, kScalar, &value);
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, const std::vector<std::int64_t>& values) {
  write_attribute(object, name, H5T_NATIVE_INT64, static_cast<std::int64_t>(values.size()), values.data());
}
void FileWriter::set_attribute(const std::string& object, const std::string& name, const std::vector<double>& values) {
  write_attribute(object, name, H5T_NATIVE_DOUBLE, static_cast<std::int64_t>(values.size()), values.data());
}

void FileWriter::close() {
  const Hdf5Session session;
  for (const DatasetWriter& dataset : datasets_) {
    if (dataset.options().rows >= 0 && dataset.rows() != dataset.options().rows) {
      throw Error(ErrorCode::internal,
                  fmt::format("dataset {}: {} of {} rows written", dataset.name(), dataset.rows(), dataset.options().rows));
    }
  }
  datasets_.clear();
  if (file_.close() < 0 || temporary_.output().error != 0) temporary_.fail("close the HDF5 file");
}

void FileWriter::commit() {
  close();
  temporary_.publish();
}

const std::filesystem::path& FileWriter::finish_scratch() {
  close();
  return temporary_.show();
}

}  // namespace tessera::hdf5
