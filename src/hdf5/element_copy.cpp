// SPDX-License-Identifier: Apache-2.0
#include "hdf5/element_copy.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace tessera::hdf5 {
namespace {

/// Calls work(std::integral_constant<std::size_t, bytes>) for the sizes of numbers, else work(bytes).
template <typename Work>
void with_size(std::size_t bytes, Work work) {
  switch (bytes) {
    case 1:
      return work(std::integral_constant<std::size_t, 1>{});
    case 2:
      return work(std::integral_constant<std::size_t, 2>{});
    case 4:
      return work(std::integral_constant<std::size_t, 4>{});
    case 8:
      return work(std::integral_constant<std::size_t, 8>{});
    default:
      return work(bytes);
  }
}

/// Compilers make permuting vector loads and stores of this for a size that they know.
template <typename Size>
void interleave(const std::byte* planes, std::int64_t plane_bytes, std::int64_t count, Size element_bytes, std::byte* out) {
  if constexpr (std::is_same_v<Size, std::size_t>) {
    constexpr std::int64_t kRun = 64;  // so that what is written stays in the cache
    for (std::int64_t begin = 0; begin < count; begin += kRun) {
      const std::int64_t end = std::min(begin + kRun, count);
      for (std::size_t b = 0; b < element_bytes; ++b) {
        const std::byte* plane = planes + static_cast<std::int64_t>(b) * plane_bytes;
        for (std::int64_t i = begin; i < end; ++i) out[static_cast<std::size_t>(i) * element_bytes + b] = plane[i];
      }
    }
  } else {
    constexpr std::size_t kBytes = Size::value;
    std::array<const std::byte*, kBytes> plane;
    for (std::size_t b = 0; b < kBytes; ++b) plane[b] = planes + static_cast<std::int64_t>(b) * plane_bytes;
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::size_t b = 0; b < kBytes; ++b) out[static_cast<std::size_t>(i) * kBytes + b] = plane[b][i];
    }
  }
}

template <typename Size>
void swap_numbers(std::byte* at, std::size_t bytes, Size number_bytes) {
  for (std::size_t i = 0; i + number_bytes <= bytes; i += number_bytes) {
    if constexpr (std::is_same_v<Size, std::size_t>) {
      std::reverse(at + i, at + i + number_bytes);
    } else {
      std::array<std::byte, Size::value> number;
      std::memcpy(number.data(), at + i, number.size());
      std::reverse(number.begin(), number.end());
      std::memcpy(at + i, number.data(), number.size());
    }
  }
}

/// The part of one run of elements that already lies in memory is brought into order.
void finish_part(const ElementPart& part, std::byte* to, std::size_t stride, std::int64_t count) {
  if (part.swapped_bytes > 1) {
    const bool dense = part.bytes == stride;
    const std::size_t run_bytes = dense ? static_cast<std::size_t>(count) * stride : part.bytes;
    with_size(part.swapped_bytes, [&](auto size) {
      for (std::int64_t i = 0; i < (dense ? 1 : count); ++i) {
        swap_numbers(to + static_cast<std::size_t>(i) * stride, run_bytes, size);
      }
    });
  }
  if (part.negative_becomes_zero) {
    for (std::int64_t i = 0; i < count; ++i) {
      std::byte& value = to[static_cast<std::size_t>(i) * stride];
      if ((value & std::byte{0x80}) != std::byte{0}) value = std::byte{0};
    }
  }
}

}  // namespace

void copy_elements(const ChunkElements& chunk, std::int64_t first, std::int64_t count, std::byte* out) {
  if (!chunk.shuffled) {
    const std::size_t bytes = chunk.element_bytes;
    std::memcpy(out, chunk.data + static_cast<std::size_t>(first) * bytes, static_cast<std::size_t>(count) * bytes);
    return;
  }
  with_size(chunk.element_bytes, [&](auto size) { interleave(chunk.data + first, chunk.count, count, size, out); });
}

void copy_rows(const std::byte* from, std::size_t from_stride, std::byte* to, std::size_t to_stride, std::size_t bytes,
               std::int64_t rows) {
  with_size(bytes, [&](auto size) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const auto row = static_cast<std::size_t>(i);
      std::memcpy(to + row * to_stride, from + row * from_stride, size);
    }
  });
}

void place_elements(const ElementMap& map, const StoredRows& from, std::int64_t rows, std::int64_t columns, std::byte* to,
                    std::size_t row_stride) {
  const std::size_t row_bytes = static_cast<std::size_t>(columns) * map.stored_bytes;
  if (map.same_size()) {
    const bool dense = row_stride == row_bytes && from.stride == row_bytes;
    const std::int64_t runs = dense ? 1 : rows;
    const std::int64_t run_elements = dense ? rows * columns : columns;
    copy_rows(from.data, from.stride, to, row_stride, static_cast<std::size_t>(run_elements) * map.stored_bytes, runs);
    if (map.identical()) return;
    for (std::int64_t i = 0; i < runs; ++i) {
      finish_part(map.parts[0], to + static_cast<std::size_t>(i) * row_stride, map.memory_bytes, run_elements);
    }
    return;
  }
  for (const ElementPart& part : map.parts) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const auto column = static_cast<std::size_t>(j);
      std::byte* at = to + column * map.memory_bytes + part.to;
      copy_rows(from.data + column * map.stored_bytes + part.from, from.stride, at, row_stride, part.bytes, rows);
      finish_part(part, at, row_stride, rows);
    }
  }
}

}  // namespace tessera::hdf5
