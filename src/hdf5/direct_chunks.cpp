// SPDX-License-Identifier: Apache-2.0
// The chunks of a DirectReader: which of them a read needs, where they are, and how they are unpacked.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "hdf5/direct_reader.hpp"
#include "hdf5/handle.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

/// Chunks smaller than this are unpacked several in a task.
constexpr std::size_t kTaskBytes = std::size_t{1} << 16;
/// Chunks narrower than this, too: threads that write to the same cache line, or pair of lines, wait for each other.
constexpr std::size_t kLineBytes = 128;

/// The library believes that the buffer is large enough; nothing is written to it while reads are withheld.
herr_t ask_for_chunk(hid_t dataset, const hsize_t* start, std::uint32_t& skipped_filters) {
  std::byte nothing{};
#if H5_VERSION_GE(2, 0, 0)
  std::size_t bytes = std::numeric_limits<std::size_t>::max();
  return H5Dread_chunk2(dataset, H5P_DEFAULT, start, &skipped_filters, &nothing, &bytes);
#else
  return H5Dread_chunk(dataset, H5P_DEFAULT, start, &skipped_filters, &nothing);
#endif
}

}  // namespace

/// Asks the library to read the chunk, and learns where it would have: see WithheldReads.
bool DirectReader::find_chunk(WithheldReads& withheld, std::int64_t band, std::int64_t column_chunk, ChunkPart& part) const {
  const std::array<hsize_t, 2> start = {static_cast<hsize_t>(band * chunk_rows_),
                                        static_cast<hsize_t>(column_chunk * chunk_columns_)};
  std::uint32_t skipped = 0;
  StoredBytes stored;
  if (ask_for_chunk(description_.dataset_id, start.data(), skipped) < 0 || !withheld.take(stored)) return false;
  if (stored.address > file_bytes_ || stored.bytes > file_bytes_ - stored.address) return false;
  const bool plain = filters_.plain(skipped);
  if (plain ? stored.bytes != chunk_bytes() : stored.bytes > filters_.most_stored_bytes()) return false;
  part.stored = stored;
  part.skipped_filters = skipped;
  return true;
}

std::int64_t DirectReader::kept_band_bytes() const {
  if (chunk_rows_ == 0 || filters_.empty()) return 0;
  const auto each = static_cast<std::int64_t>(chunk_bytes());
  const std::int64_t most = most_kept_bytes_ / static_cast<std::int64_t>(kept_.size());
  return column_chunks() <= most / each ? column_chunks() * each : 0;
}

/// Makes room for the chunks that a read ends within: the next one begins there.
void DirectReader::keep_band_at(std::int64_t end_row) {
  const std::int64_t band = end_row / chunk_rows_;
  const bool continued = end_row % chunk_rows_ != 0 && end_row < description_.rows;
  if (!continued || kept_band_bytes() == 0 || kept_[0].band == band || kept_[1].band == band) return;
  std::swap(kept_[0], kept_[1]);  // what this read begins with is in the one that was filled last
  kept_[0].band = band;
  kept_[0].chunks.resize(static_cast<std::size_t>(column_chunks()));
  for (KeptChunk& chunk : kept_[0].chunks) chunk.filled = false;
}

DirectReader::KeptChunk* DirectReader::kept_chunk(std::int64_t band, std::int64_t column_chunk) {
  for (KeptBand& kept : kept_) {
    if (kept.band == band) return &kept.chunks[static_cast<std::size_t>(column_chunk)];
  }
  return nullptr;
}

bool DirectReader::plan_chunks(std::int64_t first, std::int64_t rows, std::byte* out, ReadTasks& tasks) {
  const Hdf5Session session;
  WithheldReads withheld(*driver_file_);
  keep_band_at(first + rows);
  std::vector<ChunkPart> parts;
  for (std::int64_t band = first / chunk_rows_; band * chunk_rows_ < first + rows; ++band) {
    const std::int64_t begin = std::max(first, band * chunk_rows_);
    const std::int64_t end = std::min(first + rows, (band + 1) * chunk_rows_);
    for (std::int64_t c = 0; c < column_chunks(); ++c) {
      ChunkPart part;
      part.first_row = begin - band * chunk_rows_;
      part.rows = end - begin;
      part.columns = std::min(chunk_columns_, description_.row_elements - c * chunk_columns_);
      part.out = out + static_cast<std::size_t>(begin - first) * row_stride() +
                 static_cast<std::size_t>(c * chunk_columns_) * memory_bytes_;
      part.kept = kept_chunk(band, c);
      const bool known = part.kept != nullptr && part.kept->filled;
      if (!known && !find_chunk(withheld, band, c, part)) return false;
      parts.push_back(part);
    }
  }
  add_tasks(parts, tasks);
  return true;
}

void DirectReader::add_tasks(const std::vector<ChunkPart>& parts, ReadTasks& tasks) const {
  const std::size_t width = static_cast<std::size_t>(chunk_columns_) * memory_bytes_;
  const std::size_t within_line = width < row_stride() ? kLineBytes / width : 1;
  const std::size_t each = std::max({kTaskBytes / chunk_bytes(), within_line, std::size_t{1}});
  for (std::size_t i = 0; i < parts.size(); i += each) {
    const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(i);
    const auto end = parts.begin() + static_cast<std::ptrdiff_t>(std::min(i + each, parts.size()));
    tasks.fetch.emplace_back([this, some = std::vector<ChunkPart>(begin, end)](UnpackBuffers& buffers) {
      for (const ChunkPart& part : some) read_chunk(part, buffers);
    });
  }
}

void DirectReader::read_chunk(const ChunkPart& part, UnpackBuffers& buffers) const {
  if (part.kept != nullptr && part.kept->filled) return place_chunk(part.kept->elements, part, buffers);
  return filters_.plain(part.skipped_filters) ? read_plain_chunk(part, buffers) : unpack_chunk(part, buffers);
}

/// Of a chunk without filters only the rows that are wanted.
void DirectReader::read_plain_chunk(const ChunkPart& part, UnpackBuffers& buffers) const {
  const std::size_t stored_row = stored_chunk_row();
  const StoredBytes place = {part.stored.address + static_cast<std::uint64_t>(part.first_row) * stored_row,
                             static_cast<std::uint64_t>(part.rows) * stored_row};
  if (map_.identical() && stored_row == row_stride()) return read_bytes(place, part.out);
  std::byte* stored = UnpackBuffers::room(buffers.stored, place.bytes);
  read_bytes(place, stored);
  place_elements(map_, {stored, stored_row}, part.rows, part.columns, part.out, row_stride());
}

void DirectReader::unpack_chunk(const ChunkPart& part, UnpackBuffers& buffers) const {
  std::byte* stored = UnpackBuffers::room(buffers.stored, part.stored.bytes);
  read_bytes(part.stored, stored);
  const bool whole = part.rows == chunk_rows_ && stored_chunk_row() == row_stride() && map_.identical();
  std::byte* into = nullptr;
  if (part.kept != nullptr) {
    into = UnpackBuffers::room(part.kept->bytes, chunk_bytes());
  } else if (whole && !filters_.leaves_shuffled(part.skipped_filters)) {
    into = part.out;
  }
  ChunkElements elements;
  try {
    elements = filters_.undo(part.skipped_filters, {stored, part.stored.bytes}, buffers, into);
  } catch (const ChunkFilters::Damage& damage) {
    throw DataError(fmt::format("a chunk at byte {} of the file cannot be unpacked: {}", part.stored.address, damage.reason),
                    {.path = description_.file, .dataset = description_.dataset, .column = {}},
                    "the file is damaged: copy it again from where it came, or write it again");
  }
  if (part.kept != nullptr) {
    if (elements.data != into) std::copy_n(elements.data, chunk_bytes(), into);
    elements.data = into;
    part.kept->elements = elements;
    part.kept->filled = true;
  }
  if (elements.data != part.out) place_chunk(elements, part, buffers);
}

void DirectReader::place_chunk(const ChunkElements& chunk, const ChunkPart& part, UnpackBuffers& buffers) const {
  const std::size_t stored_row = stored_chunk_row();
  const std::int64_t first = part.first_row * chunk_columns_;
  if (!chunk.shuffled) {
    const StoredRows rows = {chunk.data + static_cast<std::size_t>(first) * stored_bytes_, stored_row};
    return place_elements(map_, rows, part.rows, part.columns, part.out, row_stride());
  }
  if (map_.identical() && stored_row == row_stride()) return copy_elements(chunk, first, part.rows * chunk_columns_, part.out);
  const auto run = static_cast<std::int64_t>(std::max<std::size_t>(kPassingRowBytes / stored_row, 1));
  std::byte* passing = UnpackBuffers::room(buffers.rows, static_cast<std::size_t>(run) * stored_row);
  for (std::int64_t row = 0; row < part.rows; row += run) {
    const std::int64_t count = std::min(run, part.rows - row);
    copy_elements(chunk, first + row * chunk_columns_, count * chunk_columns_, passing);
    place_elements(map_, {passing, stored_row}, count, part.columns, part.out + static_cast<std::size_t>(row) * row_stride(),
                   row_stride());
  }
}

}  // namespace tessera::hdf5
