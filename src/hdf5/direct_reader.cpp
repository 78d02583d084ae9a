// SPDX-License-Identifier: Apache-2.0
#include "hdf5/direct_reader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hdf5/type_check.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

/// Looking up smaller chunks takes longer than unpacking them.
constexpr std::size_t kLeastChunkBytes = 512;

/// How an element (or member) gets from the file to memory; nullopt if it takes more than changing the order of its bytes.
std::optional<ElementPart> describe_part(const ElementType& type) {
  using Form = ElementType::Form;
  if (type.form != Form::number && type.form != Form::half && type.form != Form::fixed_text) return std::nullopt;
  ElementPart part;
  part.bytes = H5Tget_size(type.stored.get());
  if (part.bytes != type.memory_bytes) return std::nullopt;
  const Hdf5Handle memory = type.memory_type();
  if (H5Tequal(type.stored.get(), memory.get()) > 0) return part;
  if (H5Tget_class(type.stored.get()) == H5T_ENUM) {  // a boolean
    const Hdf5Handle base(H5Tget_super(type.stored.get()), H5Tclose);
    if (H5Tequal(base.get(), memory.get()) > 0) return part;
    part.negative_becomes_zero = H5Tequal(base.get(), H5T_NATIVE_INT8) > 0;
    return part.negative_becomes_zero ? std::optional(part) : std::nullopt;
  }
  if (!type.is_number()) return std::nullopt;
  const bool little = H5Tget_order(memory.get()) == H5T_ORDER_LE;
  if (H5Tset_order(memory.get(), little ? H5T_ORDER_BE : H5T_ORDER_LE) < 0) return std::nullopt;
  part.swapped_bytes = part.bytes;
  return H5Tequal(type.stored.get(), memory.get()) > 0 ? std::optional(part) : std::nullopt;
}

/// Where the members lie in a stored record is what the file says, and is not believed.
std::vector<std::optional<ElementPart>> describe_parts(const ElementType& type) {
  if (type.form != ElementType::Form::record) return {describe_part(type)};
  const std::size_t record_bytes = H5Tget_size(type.stored.get());
  std::vector<std::optional<ElementPart>> parts;
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    const RecordMember& member = type.members[i];
    std::optional<ElementPart> part = describe_part(member.type);
    if (part) {
      part->from = H5Tget_member_offset(type.stored.get(), static_cast<unsigned>(i));
      part->to = member.offset_bytes;
      part->bytes *= static_cast<std::size_t>(member.cells);
      const bool within = part->from <= record_bytes && part->bytes <= record_bytes - part->from;
      if (!within || (part->negative_becomes_zero && member.cells != 1)) part.reset();
    }
    parts.push_back(part);
  }
  return parts;
}

}  // namespace

std::unique_ptr<DirectReader> DirectReader::make(const DatasetDescription& description, const ElementType& type) {
  if (changes_size(type.stored.get())) return nullptr;  // where its parts lie in memory is all that the library says
  std::unique_ptr<DirectReader> reader(new DirectReader);
  reader->description_ = description;
  reader->driver_file_ = find_driver_file(description.file_id);
  reader->descriptor_ = input_descriptor(description.file_id);
  struct stat status {};
  if (reader->descriptor_ < 0 || ::fstat(reader->descriptor_, &status) != 0) return nullptr;
  reader->file_bytes_ = static_cast<std::uint64_t>(status.st_size);
  reader->stored_bytes_ = H5Tget_size(type.stored.get());
  reader->memory_bytes_ = type.memory_bytes;
  reader->parts_ = describe_parts(type);
  if (std::none_of(reader->parts_.begin(), reader->parts_.end(), [](const auto& part) { return part.has_value(); })) {
    return nullptr;
  }
  const Hdf5Handle properties(H5Dget_create_plist(description.dataset_id), H5Pclose);
  if (!properties) return nullptr;
  const bool chunked = !description.chunk.empty();
  const bool known = chunked ? reader->learn_chunks(properties.get()) : reader->learn_extent(properties.get());
  return known ? std::move(reader) : nullptr;
}

bool DirectReader::learn_extent(hid_t properties) {
  if (H5Pget_layout(properties) != H5D_CONTIGUOUS) return false;
  const haddr_t address = H5Dget_offset(description_.dataset_id);
  if (address == HADDR_UNDEF || address > file_bytes_) return false;
  const std::uint64_t row_bytes = static_cast<std::uint64_t>(description_.row_elements) * stored_bytes_;
  const std::uint64_t fitting = row_bytes == 0 ? 0 : (file_bytes_ - address) / row_bytes;
  extent_address_ = address;
  return static_cast<std::uint64_t>(description_.rows) <= fitting;
}

bool DirectReader::learn_chunks(hid_t properties) {
  const std::vector<std::int64_t>& chunk = description_.chunk;
  if (chunk.size() > 2 || chunk.front() <= 0 || chunk.back() <= 0) return false;
  unsigned options = 0;
  if (H5Pget_chunk_opts(properties, &options) < 0 || options != 0) return false;  // chunks at the edge without filters
  chunk_rows_ = chunk.front();
  chunk_columns_ = chunk.size() == 2 ? chunk.back() : 1;
  const auto most_elements = static_cast<std::int64_t>(kMostChunkBytes / stored_bytes_);
  if (chunk_rows_ > most_elements || chunk_columns_ > most_elements / chunk_rows_) return false;
  if (chunk_bytes() < kLeastChunkBytes) return false;
  std::optional<ChunkFilters> filters = ChunkFilters::describe(properties, stored_bytes_, chunk_bytes());
  if (!filters) return false;
  filters_ = std::move(*filters);
  return true;
}

std::int64_t DirectReader::thread_bytes() const {
  if (chunk_rows_ == 0) return static_cast<std::int64_t>(kPassingPieceBytes);
  return static_cast<std::int64_t>(filters_.working_bytes() + kPassingRowBytes);
}

/// Chooses the parts that a read wants; false if one of them is not known.
bool DirectReader::set_map(std::span<const char> wanted) {
  wanted_parts_.clear();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_.size() == wanted.size() && wanted[i] == 0) continue;
    if (!parts_[i]) return false;
    wanted_parts_.push_back(*parts_[i]);
  }
  map_ = {stored_bytes_, memory_bytes_, wanted_parts_};
  return true;
}

bool DirectReader::plan(std::int64_t first, std::int64_t rows, std::span<const char> wanted, std::byte* out, ReadTasks& tasks) {
  if (!set_map(wanted)) return false;
  if (chunk_rows_ > 0) return plan_chunks(first, rows, out, tasks);
  plan_extent(first, rows, out, tasks);
  return true;
}

void DirectReader::plan_extent(std::int64_t first, std::int64_t rows, std::byte* out, ReadTasks& tasks) const {
  const std::size_t row_bytes = static_cast<std::size_t>(description_.row_elements) * stored_bytes_;
  const std::size_t piece = map_.identical() ? kPieceBytes : kPassingPieceBytes;
  const auto piece_rows = static_cast<std::int64_t>(std::max<std::size_t>(piece / row_bytes, 1));
  for (std::int64_t done = 0; done < rows; done += piece_rows) {
    const std::int64_t count = std::min(piece_rows, rows - done);
    const StoredBytes place = {extent_address_ + static_cast<std::uint64_t>(first + done) * row_bytes,
                               static_cast<std::uint64_t>(count) * row_bytes};
    std::byte* to = out + static_cast<std::size_t>(done) * row_stride();
    tasks.fetch.emplace_back([this, place, count, to](UnpackBuffers& buffers) { read_extent(place, count, to, buffers); });
  }
}

void DirectReader::read_extent(StoredBytes place, std::int64_t rows, std::byte* out, UnpackBuffers& buffers) const {
  if (map_.identical()) return read_bytes(place, out);
  std::byte* stored = UnpackBuffers::room(buffers.stored, place.bytes);
  read_bytes(place, stored);
  const std::size_t stored_row = static_cast<std::size_t>(description_.row_elements) * stored_bytes_;
  place_elements(map_, {stored, stored_row}, rows, description_.row_elements, out, row_stride());
}

void DirectReader::read_bytes(StoredBytes place, std::byte* out) const {
  std::uint64_t done = 0;
  while (done < place.bytes) {
    const ssize_t count = ::pread(descriptor_, out + done, place.bytes - done, static_cast<off_t>(place.address + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error("read", description_.file + ":" + description_.dataset, errno);
    if (count == 0) {
      throw DataError("the file has become shorter while it was read",
                      {.path = description_.file, .dataset = description_.dataset, .column = {}},
                      "read it when nothing writes to it any more");
    }
    done += static_cast<std::uint64_t>(count);
  }
}

}  // namespace tessera::hdf5
