// SPDX-License-Identifier: Apache-2.0
#include "hdf5/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "hdf5/text.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 53;
constexpr std::int64_t kMostRowElements = std::int64_t{1} << 24;
constexpr std::int64_t kMostLabels = std::int64_t{1} << 20;
/// What unpacked chunks may take per dataset. Beyond it a chunk is unpacked again for every read that touches it.
constexpr std::int64_t kMostCacheBytes = std::int64_t{64} << 20;
constexpr const char* kAdvice = "the file may be damaged; check it with h5dump -H, or write it again";

/// Filters of other makers by the number that the HDF Group registered for them, and where Debian has them.
struct KnownFilter {
  H5Z_filter_t id;
  const char* name;
  const char* package;
};
constexpr const char* kManyFilters = "python3-hdf5plugin";
constexpr std::array<KnownFilter, 16> kKnownFilters = {{{4, "szip", "libhdf5-103-1"},
                                                        {305, "lzo", kManyFilters},
                                                        {307, "bzip2", "hdf5-filter-plugin"},
                                                        {32000, "lzf", "hdf5-plugin-lzf"},
                                                        {32001, "blosc", "hdf5-filter-plugin-blosc-serial"},
                                                        {32004, "lz4", "hdf5-filter-plugin"},
                                                        {32008, "bitshuffle", "hdf5-filter-plugin"},
                                                        {32013, "zfp", "hdf5-filter-plugin-zfp-serial"},
                                                        {32015, "zstd", kManyFilters},
                                                        {32016, "jpeg-ls", kManyFilters},
                                                        {32017, "sz", kManyFilters},
                                                        {32018, "fpzip", kManyFilters},
                                                        {32024, "sz3", kManyFilters},
                                                        {32026, "blosc2", kManyFilters},
                                                        {32028, "snappy", kManyFilters},
                                                        {1, "gzip", "libhdf5-103-1"}}};

[[noreturn]] void refuse_filter(const std::string& file, const std::string& dataset, H5Z_filter_t id, const char* recorded) {
  const auto* known =
      std::find_if(kKnownFilters.begin(), kKnownFilters.end(), [&](const KnownFilter& one) { return one.id == id; });
  const bool is_known = known != kKnownFilters.end();
  const std::string name = is_known ? known->name : recorded[0] != '\0' ? recorded : "unknown";
  throw DeviceError(
      fmt::format("{}: {}: its values are packed with the HDF5 filter {} (id {}), which is not installed", file, dataset, name,
                  static_cast<int>(id)),
      fmt::format("install the plug-in (Debian: {}) and name its folder in HDF5_PLUGIN_PATH if it is not found, or "
                  "repack the file where it can be read: h5repack -f GZIP=4 OLD NEW",
                  is_known ? known->package : kManyFilters));
}

}  // namespace

Dataset::Dataset(const InputFile& file, const std::string& path) : file_(file.path), path_(path), file_id_(file.handle.get()) {
  const Hdf5Session session;
  static_cast<void>(find_object(file, path));  // follows no link out of the file
  handle_ = check_handle(H5Dopen2(file_id_, path.c_str(), H5P_DEFAULT), H5Dclose, "open the dataset", file_, path_);
  type_ = describe_type(check_handle(H5Dget_type(handle_.get()), H5Tclose, "read the type", file_, path_), file_, path_);
  const Hdf5Handle space = check_handle(H5Dget_space(handle_.get()), H5Sclose, "read the shape", file_, path_);
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
    shape_ = {0};
    return;
  }
  std::vector<hsize_t> extents(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space.get()), "read the shape", file_, path_)));
  check(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr), "read the shape", file_, path_);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] > static_cast<hsize_t>(kMostRows)) {
      throw DataError(fmt::format("an extent of {} is beyond what a table can have", extents[i]),
                      {.path = file_, .dataset = path_, .column = {}}, kAdvice);
    }
    shape_.push_back(static_cast<std::int64_t>(extents[i]));
    // Saturates: a dataset with rows this long is never a table, but must not stop others in the file from being one.
    if (i > 0) row_elements_ = std::min(row_elements_ * std::min(shape_.back(), kMostRowElements), kMostRowElements);
  }
}

std::string Dataset::description() const {
  std::string text;
  for (const std::int64_t extent : shape_) text += fmt::format("{}{}", text.empty() ? "" : " x ", extent);
  return (text.empty() ? "one value" : text) + ", " + type_.description;
}

void Dataset::learn_storage(hid_t properties) {
  if (H5Pget_external_count(properties) > 0 || H5Pget_layout(properties) == H5D_VIRTUAL) {
    throw DataError("its values are stored in other files", {.path = file_, .dataset = path_, .column = {}},
                    "copy it into one file, for example with h5py: new[\"table\"] = old[\"table\"][...]");
  }
  const int filters = check(H5Pget_nfilters(properties), "read the filters", file_, path_);
  for (unsigned i = 0; i < static_cast<unsigned>(filters); ++i) {
    unsigned flags = 0;
    std::size_t parameters = 0;
    unsigned config = 0;
    std::array<char, 64> name{};
    const H5Z_filter_t id = H5Pget_filter2(properties, i, &flags, &parameters, nullptr, name.size() - 1, name.data(), &config);
    check(static_cast<int>(id), "read the filters", file_, path_);
    if (H5Zfilter_avail(id) <= 0) refuse_filter(file_, path_, id, name.data());
  }
  filtered_ = filters > 0;
  const H5D_layout_t layout = H5Pget_layout(properties);
  // Values inside the object header: the library takes the shape's word for how many there are.
  if (layout == H5D_COMPACT && static_cast<double>(H5Dget_storage_size(handle_.get())) <
                                   static_cast<double>(H5Tget_size(type_.stored.get())) * static_cast<double>(row_elements_) *
                                       (shape_.empty() ? 1.0 : static_cast<double>(shape_.front()))) {
    throw DataError("it holds fewer values than its shape says", {.path = file_, .dataset = path_, .column = {}}, kAdvice);
  }
  if (layout != H5D_CHUNKED) return;
  std::vector<hsize_t> chunk(shape_.size());
  check(H5Pget_chunk(properties, static_cast<int>(chunk.size()), chunk.data()), "read the chunk shape", file_, path_);
  double band = static_cast<double>(H5Tget_size(type_.stored.get()));
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const auto extent = static_cast<double>(std::max<hsize_t>(chunk[i], 1));
    band *= i == 0 ? extent : std::ceil(static_cast<double>(shape_[i]) / extent) * extent;
  }
  chunk_shape_.assign(chunk.begin(), chunk.end());
  chunk_rows_ = chunk_shape_.front();
  chunk_band_bytes_ = static_cast<std::int64_t>(std::min(band, 9e15));
}

void Dataset::prepare_to_read() {
  const Hdf5Session session;
  if (row_elements_ >= kMostRowElements) {  // it is no longer exact
    throw DataError("its rows have more than 16,777,215 values", {.path = file_, .dataset = path_, .column = {}}, kAdvice);
  }
  {
    const Hdf5Handle properties =
        check_handle(H5Dget_create_plist(handle_.get()), H5Pclose, "read the properties", file_, path_);
    learn_storage(properties.get());
  }
  if (chunk_rows_ > 0) reopen_with_cache();
  const DatasetDescription description = {.file = file_,
                                          .dataset = path_,
                                          .file_id = file_id_,
                                          .dataset_id = handle_.get(),
                                          .rows = rows(),
                                          .row_elements = row_elements_,
                                          .chunk = chunk_shape_};
  direct_ = DirectReader::make(description, type_);
  text_ = TextReferences::make(description, type_);
}

void Dataset::reopen_with_cache() {
  // Without filters parts of a chunk are read straight from the file. With them whole chunks are unpacked; they are read in row
  // order, so that the ones last read are all that is worth keeping.
  cache_bytes_ = filtered_ ? std::min(chunk_band_bytes_, kMostCacheBytes) : 0;
  const Hdf5Handle access = check_handle(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "prepare to read", file_, path_);
  check(H5Pset_chunk_cache(access.get(), 10007, static_cast<std::size_t>(cache_bytes_), 1.0), "prepare to read", file_, path_);
  handle_.close();  // the properties of the first opening count, so there must be no other
  handle_ = check_handle(H5Dopen2(file_id_, path_.c_str(), access.get()), H5Dclose, "open the dataset", file_, path_);
}

bool Dataset::plan_read(std::int64_t first, std::int64_t rows, std::span<const char> wanted, std::byte* out,
                        ReadTasks& tasks) const {
  if (rows == 0 || row_elements_ == 0) return true;
  if (first + rows > this->rows()) return false;  // rows that there are not: the library says so
  return direct_ != nullptr && direct_->plan(first, rows, wanted, out, tasks);
}

void Dataset::read(std::int64_t first, std::int64_t rows, const Hdf5Handle& memory_type, void* out) const {
  if (rows == 0 || row_elements_ == 0) return;
  const Hdf5Session session;
  const std::string what = fmt::format("read rows {} to {}", first, first + rows - 1);
  std::vector<hsize_t> start(shape_.size(), 0);
  std::vector<hsize_t> count(shape_.begin(), shape_.end());
  start.front() = static_cast<hsize_t>(first);
  count.front() = static_cast<hsize_t>(rows);
  const Hdf5Handle file_space = check_handle(H5Dget_space(handle_.get()), H5Sclose, what, file_, path_);
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), what, file_,
        path_);
  if (text_ != nullptr && first + rows <= this->rows()) text_->check(first, rows);
  const Hdf5Handle memory_space =
      check_handle(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose, what, file_, path_);
  check(H5Dread(handle_.get(), memory_type.get(), memory_space.get(), file_space.get(), H5P_DEFAULT, out), what, file_, path_);
}

void Dataset::release_text(std::int64_t rows, const Hdf5Handle& memory_type, void* buffer) const {
  const Hdf5Session session;
  const hsize_t elements = static_cast<hsize_t>(rows) * static_cast<hsize_t>(row_elements_);
  const Hdf5Handle space(H5Screate_simple(1, &elements, nullptr), H5Sclose);
  H5Dvlen_reclaim(memory_type.get(), space.get(), H5P_DEFAULT, buffer);
}

void Dataset::touch_index() const {
  if (chunk_rows_ == 0) return;
  const Hdf5Session session;
  const Hdf5Handle space = check_handle(H5Dget_space(handle_.get()), H5Sclose, "read the shape", file_, path_);
  hsize_t chunks = 0;
  check(H5Dget_num_chunks(handle_.get(), space.get(), &chunks), "walk the chunks", file_, path_);
}

std::vector<std::string> read_labels(Dataset& dataset) {
  if (dataset.shape().size() != 1 || dataset.rows() > kMostLabels) {
    throw DataError("the list of names is not 1-D, or has more than 1,048,576 cells",
                    {.path = dataset.file(), .dataset = dataset.path(), .column = {}}, kAdvice);
  }
  dataset.prepare_to_read();
  return read_text_column(dataset);
}

}  // namespace tessera::hdf5
