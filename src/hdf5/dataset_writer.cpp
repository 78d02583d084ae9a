// SPDX-License-Identifier: Apache-2.0
#include "hdf5/dataset_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr std::int64_t kChunkBytes = std::int64_t{1} << 18;
constexpr unsigned kGzipLevel = 4;
constexpr std::size_t kTextBatchCells = std::size_t{1} << 16;

hid_t native_type(DataType type) {
  switch (type) {
    case DataType::int8:
      return H5T_NATIVE_INT8;
    case DataType::int16:
      return H5T_NATIVE_INT16;
    case DataType::int32:
      return H5T_NATIVE_INT32;
    case DataType::int64:
      return H5T_NATIVE_INT64;
    case DataType::uint8:
      return H5T_NATIVE_UINT8;
    case DataType::uint16:
      return H5T_NATIVE_UINT16;
    case DataType::uint32:
      return H5T_NATIVE_UINT32;
    case DataType::uint64:
      return H5T_NATIVE_UINT64;
    case DataType::float32:
      return H5T_NATIVE_FLOAT;
    case DataType::float64:
      return H5T_NATIVE_DOUBLE;
    case DataType::text:
      break;
  }
  return H5I_INVALID_HID;
}

Hdf5Handle text_type(std::int64_t bytes) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), bytes > 0 ? static_cast<std::size_t>(bytes) : H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  if (bytes > 0) H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  return type;
}

Hdf5Handle type_of(const DatasetOptions& options) {
  if (options.type == DataType::text) return text_type(options.text_bytes);
  return {H5Tcopy(native_type(options.type)), H5Tclose};
}

std::int64_t row_bytes(const DatasetOptions& options) {
  constexpr std::int64_t kVariableTextBytes = 16;  // length, address and index in the heap
  const std::int64_t text = options.text_bytes > 0 ? options.text_bytes : kVariableTextBytes;
  return (options.type == DataType::text ? text : static_cast<std::int64_t>(value_bytes(options.type))) *
         std::max<std::int64_t>(options.columns, 1);
}

std::int64_t chunk_rows(const DatasetOptions& options) {
  const std::int64_t rows = std::max<std::int64_t>(kChunkBytes / row_bytes(options), 1);
  return options.rows > 0 ? std::min(rows, options.rows) : rows;
}

bool is_chunked(const DatasetOptions& options) { return options.rows < 0 || (options.compress && options.rows > 0); }

Hdf5Handle creation_properties(const DatasetOptions& options) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties.get(), 0);
  if (!is_chunked(options)) return properties;
  const hsize_t chunk[2] = {static_cast<hsize_t>(chunk_rows(options)), static_cast<hsize_t>(options.columns)};
  H5Pset_chunk(properties.get(), options.columns > 0 ? 2 : 1, chunk);
  if (options.compress) {
    H5Pset_shuffle(properties.get());
    H5Pset_deflate(properties.get(), kGzipLevel);
  }
  return properties;
}

Hdf5Handle access_properties(const DatasetOptions& options) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  // Rows are appended in order, so the chunk that is being filled is the only one worth keeping.
  if (is_chunked(options)) {
    H5Pset_chunk_cache(properties.get(), 7, static_cast<std::size_t>(2 * chunk_rows(options) * row_bytes(options)), 1.0);
  }
  return properties;
}

}  // namespace

DatasetWriter::DatasetWriter(hid_t hdf5_file, TemporaryFile& temporary, const std::string& name, const DatasetOptions& options)
    : temporary_(&temporary), name_(name), options_(options) {
  const Hdf5Session session;
  const auto columns = static_cast<hsize_t>(options.columns);
  const hsize_t extent[2] = {options.rows < 0 ? 0 : static_cast<hsize_t>(options.rows), columns};
  const hsize_t limit[2] = {options.rows < 0 ? H5S_UNLIMITED : extent[0], columns};
  const Hdf5Handle space(H5Screate_simple(options.columns > 0 ? 2 : 1, extent, limit), H5Sclose);
  const Hdf5Handle links = utf8_link_properties();
  const Hdf5Handle creation = creation_properties(options);
  const Hdf5Handle access = access_properties(options);
  type_ = type_of(options);
  dataset_ =
      temporary.own(H5Dcreate2(hdf5_file, name.c_str(), type_.get(), space.get(), links.get(), creation.get(), access.get()),
                    H5Dclose, "create dataset " + name);
}

void DatasetWriter::check_type(DataType type, std::int64_t values) const {
  const std::int64_t columns = std::max<std::int64_t>(options_.columns, 1);
  if (type == options_.type && values % columns == 0) return;
  throw Error(ErrorCode::internal, fmt::format("dataset {}: {} values of {} do not fit rows of {} x {}", name_, values,
                                               to_string(type), columns, to_string(options_.type)));
}

void DatasetWriter::write_rows(const void* data, std::int64_t count) {
  if (count == 0) return;
  const std::int64_t last = rows_ + count;
  if (options_.rows >= 0 && last > options_.rows) {
    throw Error(ErrorCode::internal, fmt::format("dataset {}: row {} of {}", name_, last, options_.rows));
  }
  const auto columns = static_cast<hsize_t>(options_.columns);
  const hsize_t extent[2] = {static_cast<hsize_t>(last), columns};
  if (options_.rows < 0 && H5Dset_extent(dataset_.get(), extent) < 0) temporary_->fail("extend " + name_);

  const hsize_t start[2] = {static_cast<hsize_t>(rows_), 0};
  const hsize_t block[2] = {static_cast<hsize_t>(count), columns};
  const Hdf5Handle file_space(H5Dget_space(dataset_.get()), H5Sclose);
  const Hdf5Handle memory_space(H5Screate_simple(options_.columns > 0 ? 2 : 1, block, nullptr), H5Sclose);
  const bool written = H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start, nullptr, block, nullptr) >= 0 &&
                       H5Dwrite(dataset_.get(), type_.get(), memory_space.get(), file_space.get(), H5P_DEFAULT, data) >= 0;
  if (!written || temporary_->output().error != 0) temporary_->fail("write rows of " + name_);
  rows_ = last;
}

void DatasetWriter::append_bytes(const std::byte* data, std::int64_t values) {
  const Hdf5Session session;
  check_type(options_.type, values);
  write_rows(data, values / std::max<std::int64_t>(options_.columns, 1));
}

void DatasetWriter::write_fixed(std::span<const std::string_view> cells) {
  const auto width = static_cast<std::size_t>(options_.text_bytes);
  std::vector<char> bytes(cells.size() * width, '\0');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].size() > width) {
      throw Error(ErrorCode::internal,
                  fmt::format("dataset {}: {} bytes of text in a cell of {}", name_, cells[i].size(), width));
    }
    std::copy(cells[i].begin(), cells[i].end(), bytes.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  write_rows(bytes.data(), static_cast<std::int64_t>(cells.size()));
}

void DatasetWriter::write_variable(std::span<const std::string_view> cells) {
  std::string bytes;
  std::vector<std::size_t> offsets;
  offsets.reserve(cells.size());
  for (const std::string_view cell : cells) {
    if (cell.find('\0') != std::string_view::npos) {
      throw Error(ErrorCode::internal, fmt::format("dataset {}: a NUL byte in a text cell", name_));
    }
    offsets.push_back(bytes.size());
    bytes.append(cell).push_back('\0');
  }
  std::vector<const char*> pointers(cells.size());
  std::transform(offsets.begin(), offsets.end(), pointers.begin(), [&](std::size_t offset) { return bytes.data() + offset; });
  write_rows(pointers.data(), static_cast<std::int64_t>(cells.size()));
}

void DatasetWriter::append(std::span<const std::string_view> cells) {
  const Hdf5Session session;
  check_type(DataType::text, static_cast<std::int64_t>(cells.size()));
  for (std::size_t first = 0; first < cells.size(); first += kTextBatchCells) {
    const auto batch = cells.subspan(first, std::min(kTextBatchCells, cells.size() - first));
    if (options_.text_bytes > 0) {
      write_fixed(batch);
    } else {
      write_variable(batch);
    }
  }
}

void DatasetWriter::append(const TextCells& cells) {
  std::vector<std::string_view> views(cells.offsets.size() - 1);
  for (std::size_t i = 0; i < views.size(); ++i) views[i] = cells[static_cast<std::int64_t>(i)];
  append(std::span<const std::string_view>(views));
}

}  // namespace tessera::hdf5
