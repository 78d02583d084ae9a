// SPDX-License-Identifier: Apache-2.0
#include "hdf5/chunk_filters.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace tessera::hdf5 {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr const char* kWrongSize = "it has not the size of a chunk";

void inflate(std::span<const std::byte> packed, UnpackBuffers& buffers, std::byte* out, std::size_t bytes) {
  if (buffers.decompressor == nullptr) buffers.decompressor.reset(libdeflate_alloc_decompressor());
  if (buffers.decompressor == nullptr) throw std::bad_alloc();
  switch (libdeflate_zlib_decompress(buffers.decompressor.get(), packed.data(), packed.size(), out, bytes, nullptr)) {
    case LIBDEFLATE_SUCCESS:
      return;
    case LIBDEFLATE_SHORT_OUTPUT:
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      throw ChunkFilters::Damage{"its gzip stream is not as long as a chunk"};
    default:
      throw ChunkFilters::Damage{"its gzip stream is damaged"};
  }
}

/// Strips the checksum. HDF5 before 1.6.3 wrote the two bytes of each half the other way round, and is still read.
std::span<const std::byte> verify(std::span<const std::byte> bytes) {
  const std::span<const std::byte> data = bytes.first(bytes.size() - kChecksumBytes);
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    stored |= std::to_integer<std::uint32_t>(bytes[data.size() + i]) << (8 * i);
  }
  const std::uint32_t sum = fletcher32(data);
  const std::uint32_t turned = ((sum & 0x00FF00FFU) << 8) | ((sum >> 8) & 0x00FF00FFU);
  if (stored != sum && stored != turned) throw ChunkFilters::Damage{"its checksum (fletcher32) is wrong"};
  return data;
}

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  constexpr std::size_t kRun = 360;  // words whose sums of sums fit 32 bits
  const auto fold = [](std::uint32_t sum) { return (sum & 0xFFFFU) + (sum >> 16); };
  std::uint32_t sum = 0;
  std::uint32_t sum_of_sums = 0;
  std::size_t words = bytes.size() / 2;
  const std::byte* at = bytes.data();
  while (words > 0) {
    const std::size_t run = std::min(words, kRun);
    for (std::size_t i = 0; i < run; ++i, at += 2) {
      sum += (std::to_integer<std::uint32_t>(at[0]) << 8) | std::to_integer<std::uint32_t>(at[1]);
      sum_of_sums += sum;
    }
    sum = fold(sum);
    sum_of_sums = fold(sum_of_sums);
    words -= run;
  }
  if (bytes.size() % 2 != 0) {
    sum += std::to_integer<std::uint32_t>(*at) << 8;
    sum_of_sums += sum;
    sum = fold(sum);
    sum_of_sums = fold(sum_of_sums);
  }
  return (fold(sum_of_sums) << 16) | fold(sum);
}

std::optional<ChunkFilters> ChunkFilters::describe(hid_t creation_properties, std::size_t element_bytes,
                                                   std::size_t chunk_bytes) {
  ChunkFilters known;
  known.element_bytes_ = element_bytes;
  known.chunk_bytes_ = chunk_bytes;
  const int count = H5Pget_nfilters(creation_properties);
  if (count < 0) return std::nullopt;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    unsigned flags = 0, config = 0;
    std::array<unsigned, 1> parameters{};
    std::size_t parameter_count = parameters.size();
    const H5Z_filter_t id =
        H5Pget_filter2(creation_properties, i, &flags, &parameter_count, parameters.data(), 0, nullptr, &config);
    const bool own_size = parameter_count == 1 && parameters[0] == element_bytes;
    if (id == H5Z_FILTER_DEFLATE) {
      known.filters_.push_back(Filter::deflate);
    } else if (id == H5Z_FILTER_SHUFFLE && own_size) {
      known.filters_.push_back(Filter::shuffle);
    } else if (id == H5Z_FILTER_FLETCHER32) {
      known.filters_.push_back(Filter::fletcher32);
    } else {
      return std::nullopt;
    }
  }
  const auto& filters = known.filters_;
  for (const Filter filter : {Filter::deflate, Filter::shuffle, Filter::fletcher32}) {
    if (std::count(filters.begin(), filters.end(), filter) > 1) return std::nullopt;
  }
  const auto deflate = std::find(filters.begin(), filters.end(), Filter::deflate);
  if (std::find(deflate, filters.end(), Filter::shuffle) != filters.end()) return std::nullopt;  // of bytes, not of elements
  return known;
}

std::size_t ChunkFilters::most_stored_bytes() const {
  // Deflate stores what it cannot pack in blocks of at most 65,535 bytes with five bytes more each; others pack worse.
  return empty() ? chunk_bytes_ : chunk_bytes_ + chunk_bytes_ / 8 + 4096;
}

std::size_t ChunkFilters::working_bytes() const {
  const std::size_t checksums = static_cast<std::size_t>(std::count(filters_.begin(), filters_.end(), Filter::fletcher32));
  const std::size_t steps = filters_.size() - checksums;
  // A shuffle that is undone last goes from the buffer of the step before it right to its place.
  const std::size_t buffers = steps > 1 && filters_.front() == Filter::shuffle ? steps - 1 : steps;
  return most_stored_bytes() + buffers * (chunk_bytes_ + kChecksumBytes);
}

bool ChunkFilters::plain(unsigned skipped) const {
  const unsigned all = (1U << filters_.size()) - 1U;
  return (skipped & all) == all;
}

/// Shuffling single bytes changes nothing.
bool ChunkFilters::is_active(std::size_t filter, unsigned skipped) const {
  return (skipped >> filter & 1U) == 0 && (filters_[filter] != Filter::shuffle || element_bytes_ > 1);
}

bool ChunkFilters::leaves_shuffled(unsigned skipped) const {
  std::size_t lowest = 0;
  while (lowest < filters_.size() && !is_active(lowest, skipped)) ++lowest;
  return lowest < filters_.size() && filters_[lowest] == Filter::shuffle;
}

/// Whether nothing is left to do after the filter is undone, or only what is left to copy_elements().
bool ChunkFilters::is_last(std::size_t filter, unsigned skipped) const {
  std::size_t below = 0;
  bool shuffle_below = false;
  for (std::size_t i = 0; i < filter; ++i) {
    if (!is_active(i, skipped)) continue;
    ++below;
    shuffle_below = filters_[i] == Filter::shuffle;
  }
  return below == 0 || (below == 1 && shuffle_below);
}

/// Bytes that filter number `filter` was given when the chunk was written, if deflate was not before it.
std::size_t ChunkFilters::bytes_below(std::size_t filter, unsigned skipped) const {
  std::size_t bytes = chunk_bytes_;
  for (std::size_t i = 0; i < filter; ++i) {
    if (filters_[i] == Filter::fletcher32 && is_active(i, skipped)) bytes += kChecksumBytes;
  }
  return bytes;
}

/// Bytes behind the last whole element (of a checksum) are not shuffled.
void ChunkFilters::unshuffle(std::span<const std::byte> bytes, std::byte* out) const {
  const auto elements = static_cast<std::int64_t>(bytes.size() / element_bytes_);
  copy_elements({bytes.data(), elements, element_bytes_, true}, 0, elements, out);
  const std::size_t done = static_cast<std::size_t>(elements) * element_bytes_;
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(done), bytes.end(), out + done);
}

ChunkElements ChunkFilters::undo(unsigned skipped, std::span<const std::byte> stored, UnpackBuffers& buffers,
                                 std::byte* into) const {
  const bool leave_shuffled = leaves_shuffled(skipped);
  std::span<const std::byte> bytes = stored;
  std::size_t next_buffer = 0;
  for (std::size_t i = filters_.size(); i-- > 0;) {
    if (!is_active(i, skipped)) continue;
    const std::size_t below = bytes_below(i, skipped);
    if (filters_[i] == Filter::fletcher32) {
      if (bytes.size() < kChecksumBytes) throw Damage{kWrongSize};
      bytes = verify(bytes);
      continue;
    }
    const bool last = is_last(i, skipped);
    if (filters_[i] == Filter::shuffle && last && leave_shuffled) break;
    std::byte* out = last && into != nullptr ? into : UnpackBuffers::room(buffers.filtered.at(next_buffer), below);
    next_buffer = 1 - next_buffer;
    if (filters_[i] == Filter::deflate) {
      inflate(bytes, buffers, out, below);
    } else {
      if (bytes.size() != below) throw Damage{kWrongSize};
      unshuffle(bytes, out);
    }
    bytes = {out, below};
  }
  if (bytes.size() != chunk_bytes_) throw Damage{kWrongSize};
  return {bytes.data(), static_cast<std::int64_t>(chunk_bytes_ / element_bytes_), element_bytes_, leave_shuffled};
}

}  // namespace tessera::hdf5
