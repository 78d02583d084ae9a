// SPDX-License-Identifier: Apache-2.0
#include "feed/prepared_rows.hpp"

#include <fmt/format.h>

#include <new>

#include "core/bytes.hpp"
#include "feed/residency.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kFloatBytes = sizeof(float);

template <typename T>
std::unique_ptr<T[]> uninitialized(std::int64_t count) {
  return std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
}

/// A file system that counts by blocks, or others who write to it, need a little more than the rows themselves.
std::filesystem::path require_space(const std::filesystem::path& folder, std::int64_t bytes) {
  const std::int64_t free_bytes = free_disk_bytes(folder);
  if (free_bytes > bytes + bytes / 64) return folder;
  throw FileError(ErrorCode::io,
                  fmt::format("the prepared rows take {} and do not fit --memory; {} has only {} free", format_bytes(bytes),
                              folder.string(), format_bytes(free_bytes)),
                  "name a roomier place with --scratch, or give more --memory");
}

}  // namespace

PreparedRows::PreparedRows(std::int64_t rows, std::int64_t features, bool weighted) : features_(features) {
  try {
    values_ = uninitialized<float>(rows * features);
    if (weighted) weights_ = uninitialized<float>(rows);
    flags_ = uninitialized<std::uint8_t>(rows);
  } catch (const std::bad_alloc&) {
    const std::int64_t bytes = rows * prepared_bytes_per_row({.rows = rows, .features = features, .weighted = weighted});
    throw MemoryError(fmt::format("the system does not give {} for prepared rows", format_bytes(bytes)),
                      "lower --memory, so that rows are kept on disk");
  }
}

MatrixView<float> PreparedRows::values(std::int64_t first, std::int64_t count) const {
  return {values_.get() + first * features_, count, features_};
}

std::span<float> PreparedRows::weights(std::int64_t first, std::int64_t count) const {
  if (weights_ == nullptr) return {};
  return {weights_.get() + first, static_cast<std::size_t>(count)};
}

std::span<std::uint8_t> PreparedRows::flags(std::int64_t first, std::int64_t count) const {
  return {flags_.get() + first, static_cast<std::size_t>(count)};
}

Chunk PreparedRows::chunk(std::int64_t first, std::int64_t count, std::int64_t first_row) const {
  return {.first_row = first_row, .rows = values(first, count), .weights = weights(first, count), .flags = flags(first, count)};
}

SpillFile::SpillFile(const std::filesystem::path& folder, std::int64_t rows, std::int64_t features, bool weighted)
    : rows_(rows),
      features_(features),
      weighted_(weighted),
      file_(require_space(folder, rows * prepared_bytes_per_row({.rows = rows, .features = features, .weighted = weighted}))) {}

SpillFile::Offsets SpillFile::offsets(std::int64_t first) const {
  const std::int64_t weights = rows_ * features_ * kFloatBytes;
  const std::int64_t flags = weights + (weighted_ ? rows_ * kFloatBytes : 0);
  return {first * features_ * kFloatBytes, weights + first * kFloatBytes, flags + first};
}

void SpillFile::write(std::int64_t first, const Chunk& chunk) {
  const Offsets at = offsets(first);
  file_.write(at.values,
              std::as_bytes(std::span(chunk.rows.data, static_cast<std::size_t>(chunk.rows.rows * chunk.rows.columns))));
  if (weighted_) file_.write(at.weights, std::as_bytes(chunk.weights));
  file_.write(at.flags, std::as_bytes(chunk.flags));
}

void SpillFile::read(std::int64_t first, std::int64_t count, const PreparedRows& into, ThreadPool& threads) const {
  const std::int64_t parts = threads.size();
  threads.run(parts, [&](int, std::int64_t part) {
    const std::int64_t begin = count * part / parts;
    const std::int64_t rows = count * (part + 1) / parts - begin;
    const Offsets at = offsets(first + begin);
    const MatrixView<float> values = into.values(begin, rows);
    file_.read(at.values, std::as_writable_bytes(std::span(values.data, static_cast<std::size_t>(rows * features_))));
    if (weighted_) file_.read(at.weights, std::as_writable_bytes(into.weights(begin, rows)));
    file_.read(at.flags, std::as_writable_bytes(into.flags(begin, rows)));
  });
}

void SpillFile::prefetch(std::int64_t first, std::int64_t count) const {
  const Offsets at = offsets(first);
  file_.prefetch(at.values, count * features_ * kFloatBytes);
  if (weighted_) file_.prefetch(at.weights, count * kFloatBytes);
  file_.prefetch(at.flags, count);
}

}  // namespace tessera
