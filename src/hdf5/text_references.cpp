// SPDX-License-Identifier: Apache-2.0
#include "hdf5/text_references.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "hdf5/type_check.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// As stored: length of the text, then address and number of its object.
constexpr std::size_t kReferenceBytes = 16;

Hdf5Handle reference() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), kReferenceBytes);
  return type;
}

/// Records as they are in the file, of which only the references are seen. HDF5 tells sizes and offsets in memory, where a
/// pointer takes the place of a reference, and what is behind it moves up. Nothing if there are none, or if other members
/// change their size too.
Hdf5Handle record_of_references(const ElementType& type) {
  struct Place {
    std::size_t offset;
    std::size_t member;
  };
  std::vector<Place> places;
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    const ElementType& member = type.members[i].type;
    if (member.form != ElementType::Form::variable_text && changes_size(member.stored.get())) return {};
    places.push_back({H5Tget_member_offset(type.stored.get(), static_cast<unsigned>(i)), i});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.offset < b.offset; });
  std::size_t moved = 0;
  std::vector<Place> references;
  for (const Place& place : places) {
    const RecordMember& member = type.members[place.member];
    if (member.type.form != ElementType::Form::variable_text) continue;
    references.push_back({place.offset + moved, place.member});
    moved += (kReferenceBytes - sizeof(char*)) * static_cast<std::size_t>(member.cells);
  }
  if (references.empty()) return {};
  Hdf5Handle record(H5Tcreate(H5T_COMPOUND, H5Tget_size(type.stored.get()) + moved), H5Tclose);
  for (const Place& place : references) {
    const auto cells = static_cast<hsize_t>(type.members[place.member].cells);
    const Hdf5Handle cell = reference();
    const Hdf5Handle array(H5Tarray_create2(cell.get(), 1, &cells), H5Tclose);
    if (H5Tinsert(record.get(), std::to_string(place.member).c_str(), place.offset, array.get()) < 0) return {};
  }
  return record;
}

/// The type of `type`'s references in the file; nothing if it has none that are known.
Hdf5Handle reference_type(const ElementType& type) {
  if (type.form == ElementType::Form::variable_text) return reference();
  return type.form == ElementType::Form::record ? record_of_references(type) : Hdf5Handle();
}

}  // namespace

std::unique_ptr<TextReferences> TextReferences::make(const DatasetDescription& description, const ElementType& type) {
  Hdf5Handle stored = reference_type(type);
  if (!stored) return nullptr;
  const Hdf5Handle properties(H5Fget_create_plist(description.file_id), H5Pclose);
  std::size_t address_bytes = 0;
  std::size_t size_bytes = 0;
  hsize_t base = 0;
  if (H5Pget_sizes(properties.get(), &address_bytes, &size_bytes) < 0 || H5Pget_userblock(properties.get(), &base) < 0 ||
      address_bytes != sizeof(std::uint64_t) || size_bytes != sizeof(std::uint64_t)) {
    return nullptr;
  }
  std::unique_ptr<TextReferences> references(new TextReferences);
  references->description_ = description;
  const ElementType seen = describe_type(std::move(stored), description.file, description.dataset);
  references->element_bytes_ = seen.memory_bytes;
  references->reader_ = DirectReader::make(description, seen);
  if (references->reader_ == nullptr) return nullptr;
  references->reader_->keep_at_most(0);
  references->descriptor_ = input_descriptor(description.file_id);
  references->base_address_ = base;
  return references;
}

void TextReferences::check(std::int64_t first, std::int64_t rows) {
  const std::int64_t run = std::max(kRunRows, description_.chunk.empty() ? 0 : description_.chunk.front());
  for (std::int64_t done = 0; done < rows; done += run) check_run(first + done, std::min(run, rows - done));
}

void TextReferences::check_run(std::int64_t first, std::int64_t rows) {
  const std::size_t row_bytes = static_cast<std::size_t>(description_.row_elements) * element_bytes_;
  cells_.resize(static_cast<std::size_t>(rows) * row_bytes);
  ReadTasks tasks;
  if (!reader_->plan(first, rows, {}, cells_.data(), tasks)) return;
  ReadThreads(1).run(tasks);
  for (std::size_t at = 0; at < cells_.size(); at += kReferenceBytes) {
    if (is_sound(cells_.data() + at)) continue;
    throw DataError("the text is damaged: what stands for it in the file leads nowhere",
                    {.path = description_.file,
                     .dataset = description_.dataset,
                     .row = first + static_cast<std::int64_t>(at / row_bytes),
                     .column = {}},
                    "copy the file again from where it came, or write it again");
  }
}

bool TextReferences::is_sound(const std::byte* reference) {
  const auto length = load<std::uint32_t>(reference);
  const auto address = load<std::uint64_t>(reference + 4);
  const auto number = load<std::uint32_t>(reference + 12);
  if (address == 0) return true;  // no text
  const HeapCollection* collection = find_collection(address);
  return collection != nullptr && number < collection->object_bytes.size() &&
         collection->object_bytes[number] == static_cast<std::int64_t>(length);
}

/// Null if it is damaged.
const HeapCollection* TextReferences::find_collection(std::uint64_t address) {
  const auto known = collections_.find(address);
  if (known != collections_.end()) return &known->second;
  std::optional<HeapCollection> collection = read_heap_collection(descriptor_, base_address_ + address);
  if (!collection) return nullptr;
  if (kept_sizes_ > kMostKeptSizes) {
    collections_.clear();
    kept_sizes_ = 0;
  }
  kept_sizes_ += collection->object_bytes.size();
  return &collections_.emplace(address, std::move(*collection)).first->second;
}

}  // namespace tessera::hdf5
