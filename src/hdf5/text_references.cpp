// SPDX-License-Identifier: Apache-2.0
#include "hdf5/text_references.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

}  // namespace

std::unique_ptr<TextReferences> TextReferences::make(const DatasetDescription& description, const ElementType& type) {
  if (type.form != ElementType::Form::variable_text) return nullptr;
  const Hdf5Handle properties(H5Fget_create_plist(description.file_id), H5Pclose);
  std::size_t address_bytes = 0;
  std::size_t size_bytes = 0;
  hsize_t base = 0;
  if (H5Pget_sizes(properties.get(), &address_bytes, &size_bytes) < 0 || H5Pget_userblock(properties.get(), &base) < 0 ||
      address_bytes != sizeof(std::uint64_t) || size_bytes != sizeof(std::uint64_t)) {
    return nullptr;
  }
  Hdf5Handle stored(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(stored.get(), kReferenceBytes);
  std::unique_ptr<TextReferences> references(new TextReferences);
  references->description_ = description;
  references->reader_ =
      DirectReader::make(description, describe_type(std::move(stored), description.file, description.dataset));
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
  const std::size_t row_bytes = static_cast<std::size_t>(description_.row_elements) * kReferenceBytes;
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
