// SPDX-License-Identifier: Apache-2.0
#include "prepare/column_blocks.hpp"

#include <algorithm>

#include "prepare/block_moments.hpp"
#include "prepare/cell_kernels.hpp"
#include "prepare/cells.hpp"

namespace tessera {
namespace {

/// Cells between the columns of a buffer: a block and a little, because columns a power of two apart would share the same few
/// places of the first-level cache.
constexpr std::int64_t kStride = kReductionRows + 16;

/// Rows that are turned at a time.
constexpr std::int64_t kTileRows = 64;

template <typename T>
bool lies_in_place(const ColumnView& view) {
  return view.stride_bytes == static_cast<std::ptrdiff_t>(sizeof(T)) &&
         reinterpret_cast<std::uintptr_t>(view.data) % alignof(T) == 0;
}

template <typename T>
std::span<const T> in_place(const ColumnView& view, std::int64_t begin, std::int64_t rows) {
  return {reinterpret_cast<const T*>(view.data) + begin, static_cast<std::size_t>(rows)};
}

}  // namespace

void ColumnBlocks::load(std::span<const ColumnView> columns, std::int64_t begin, std::int64_t rows) {
  blocks_.resize(columns.size());
  gathered_.clear();
  std::int64_t floats = 0, doubles = 0;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const ColumnView& view = columns[j];
    if (view.type == DataType::text) continue;
    if (view.type == DataType::float32 && lies_in_place<float>(view)) {
      blocks_[j] = in_place<float>(view, begin, rows);
    } else if (view.type == DataType::float64 && lies_in_place<double>(view)) {
      blocks_[j] = in_place<double>(view, begin, rows);
    } else {
      gathered_.push_back({&view, view.type == DataType::float32 ? floats++ : doubles++});
    }
  }
  if (std::ssize(floats_) < floats * kStride) floats_.resize(static_cast<std::size_t>(floats * kStride));
  if (std::ssize(doubles_) < doubles * kStride) doubles_.resize(static_cast<std::size_t>(doubles * kStride));
  for (const Gathered& column : gathered_) {
    const auto j = static_cast<std::size_t>(column.view - columns.data());
    const auto count = static_cast<std::size_t>(rows);
    if (column.view->type == DataType::float32) {
      blocks_[j] = std::span<const float>(floats_.data() + column.place * kStride, count);
    } else {
      blocks_[j] = std::span<const double>(doubles_.data() + column.place * kStride, count);
    }
  }
  gather(begin, rows);
}

void ColumnBlocks::gather(std::int64_t begin, std::int64_t rows) {
  for (std::int64_t first = 0; first < rows; first += kTileRows) {
    const std::int64_t count = std::min(kTileRows, rows - first);
    for (std::size_t j = 0; j < gathered_.size();) {
      const ColumnView& view = *gathered_[j].view;
      const std::byte* const cells = view.data + (begin + first) * view.stride_bytes;
      if (view.type != DataType::float32) {
        read_cells(view, begin + first, count, doubles_.data() + gathered_[j].place * kStride + first);
        ++j;
        continue;
      }
      // Neighbours in the table as in the buffer are turned together.
      std::size_t end = j + 1;
      const auto follows = [&](const Gathered& next, const Gathered& last) {
        return next.view == last.view + 1 && next.view->type == DataType::float32 &&
               next.view->stride_bytes == view.stride_bytes && next.view->data == last.view->data + sizeof(float);
      };
      while (end < gathered_.size() && follows(gathered_[end], gathered_[end - 1])) ++end;
      transpose_cells(cells, view.stride_bytes, count, static_cast<std::int64_t>(end - j),
                      floats_.data() + gathered_[j].place * kStride + first, kStride);
      j = end;
    }
  }
}

}  // namespace tessera
