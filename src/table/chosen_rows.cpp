// SPDX-License-Identifier: Apache-2.0
#include "table/chosen_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "table/column_source.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

constexpr std::int64_t kWordBits = 64;
constexpr std::int64_t kWordsPerBlock = 64;
/// What a cell of text is taken to need when memory is planned.
constexpr std::int64_t kTextBytes = 32;

/// Copies the cells `taken` of a strided column into a dense one.
template <std::size_t kBytes>
void copy_cells(const ColumnView& from, std::span<const std::int64_t> taken, std::byte* to) {
  for (const std::int64_t row : taken) {
    std::memcpy(to, from.data + row * from.stride_bytes, kBytes);
    to += kBytes;
  }
}

void copy_cells(const ColumnView& from, std::span<const std::int64_t> taken, std::byte* to) {
  switch (value_bytes(from.type)) {
    case 1:
      return copy_cells<1>(from, taken, to);
    case 2:
      return copy_cells<2>(from, taken, to);
    case 4:
      return copy_cells<4>(from, taken, to);
    default:
      return copy_cells<8>(from, taken, to);
  }
}

}  // namespace

void RowBitmap::push_back(bool chosen) {
  const std::int64_t bit = rows_ % kWordBits;
  if (bit == 0) {
    if (std::ssize(words_) % kWordsPerBlock == 0) chosen_before_.push_back(count_);
    words_.push_back(0);
  }
  words_.back() |= static_cast<std::uint64_t>(chosen) << bit;
  ++rows_;
  count_ += chosen ? 1 : 0;
}

std::int64_t RowBitmap::select(std::int64_t index) const {
  const auto block = std::ranges::upper_bound(chosen_before_, index) - 1;
  std::int64_t left = index - *block;
  auto word = static_cast<std::size_t>((block - chosen_before_.begin()) * kWordsPerBlock);
  while (left >= std::popcount(words_[word])) left -= std::popcount(words_[word++]);
  std::uint64_t bits = words_[word];
  for (; left > 0; --left) bits &= bits - 1;
  return static_cast<std::int64_t>(word) * kWordBits + std::countr_zero(bits);
}

std::int64_t RowBitmap::next(std::int64_t row) const {
  if (row >= rows_) return rows_;
  auto word = static_cast<std::size_t>(row / kWordBits);
  std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (row % kWordBits));
  while (bits == 0) {
    if (++word == words_.size()) return rows_;
    bits = words_[word];
  }
  return static_cast<std::int64_t>(word) * kWordBits + std::countr_zero(bits);
}

ChosenRows::ChosenRows(std::unique_ptr<Table> table, const RowBitmap& rows)
    : table_(std::move(table)), rows_(rows), info_(table_->info()) {
  if (rows.rows() != info_.rows) {
    throw DataError(fmt::format("{} rows where {} were expected", info_.rows, rows.rows()),
                    {info_.path.string(), info_.dataset, -1, {}}, "name the very table that the rows were chosen from");
  }
  info_.layout += fmt::format(", {} of {} rows", rows.count(), rows.rows());
  info_.rows = rows.count();
}

std::int64_t ChosenRows::working_bytes() const {
  std::int64_t row_bytes = 0;
  for (const ColumnSchema& column : info_.columns)
    row_bytes += column.type == DataType::text ? kTextBytes : static_cast<std::int64_t>(value_bytes(column.type));
  return table_->working_bytes() + table_->preferred_rows() * row_bytes;
}

void ChosenRows::read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) {
  if (first_row < 0 || rows < 0 || first_row > info_.rows || rows > info_.rows - first_row) {
    throw Error(ErrorCode::internal, fmt::format("rows {} + {} asked of a table of {}", first_row, rows, info_.rows));
  }
  out.first_row = first_row;
  out.rows = rows;
  out.columns.assign(columns.size(), {});
  ChunkStorage storage(out);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    ColumnView& view = out.columns[j];
    view.type = info_.columns.at(static_cast<std::size_t>(columns[j])).type;
    if (view.type == DataType::text) {
      view.text = &storage.text();
    } else {
      view.stride_bytes = static_cast<std::ptrdiff_t>(value_bytes(view.type));
      view.data = storage.numeric(static_cast<std::size_t>(rows * view.stride_bytes));
    }
  }
  if (rows == 0) return;
  const std::int64_t longest = std::max<std::int64_t>(table_->preferred_rows(), 1);
  const std::int64_t end = rows_.select(first_row + rows - 1) + 1;
  // A run begins at a chosen row and ends with the last one wanted, so that no row is read for two chunks.
  for (std::int64_t done = 0, row = rows_.select(first_row); row < end; row = rows_.next(row + run_.rows)) {
    table_->read(row, std::min(longest, end - row), columns, run_);
    taken_.clear();
    for (std::int64_t at = row; at < row + run_.rows; at = rows_.next(at + 1)) taken_.push_back(at - row);
    compact(columns, done, out);
    done += std::ssize(taken_);
  }
}

void ChosenRows::compact(std::span<const int> columns, std::int64_t done, RawChunk& out) const {
  std::size_t numeric = 0, text = 0;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const ColumnView& from = run_.columns[j];
    if (from.type == DataType::text) {
      TextCells& cells = *out.text_storage[text++];
      for (const std::int64_t row : taken_) cells.push_back((*from.text)[row]);
    } else {
      copy_cells(from, taken_, out.numeric_storage[numeric++].data() + done * out.columns[j].stride_bytes);
    }
  }
}

}  // namespace tessera
