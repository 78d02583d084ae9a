// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tessera/table.hpp"

namespace tessera::testing {

/// The DataType of an arithmetic C++ type.
template <typename T>
constexpr DataType data_type_of() {
  if constexpr (std::is_same_v<T, float>) return DataType::float32;
  if constexpr (std::is_same_v<T, double>) return DataType::float64;
  constexpr bool is_signed = std::is_signed_v<T>;
  switch (sizeof(T)) {
    case 1:
      return is_signed ? DataType::int8 : DataType::uint8;
    case 2:
      return is_signed ? DataType::int16 : DataType::uint16;
    case 4:
      return is_signed ? DataType::int32 : DataType::uint32;
    default:
      return is_signed ? DataType::int64 : DataType::uint64;
  }
}

/// A table in memory: `MemoryTable t; t.add("age", std::vector<double>{...}).add("city", std::vector<std::string>{...});`
/// Every column added must be as long as the first. Empty text and NaN are missing cells.
class MemoryTable final : public Table {
 public:
  explicit MemoryTable(std::int64_t preferred_rows = 4096) : preferred_rows_(preferred_rows) {
    info_.path = "memory";
    info_.layout = "table in memory";
    info_.dataset = "/";
  }

  template <typename T>
  requires std::is_arithmetic_v<T> MemoryTable& add(const std::string& name, const std::vector<T>& cells) {
    Column column;
    column.width = sizeof(T);
    column.bytes.resize(cells.size() * sizeof(T));
    if (!cells.empty()) std::memcpy(column.bytes.data(), cells.data(), column.bytes.size());
    return append(name, data_type_of<T>(), static_cast<std::int64_t>(cells.size()), std::move(column));
  }
  MemoryTable& add(const std::string& name, std::vector<std::string> cells) {
    Column column;
    const auto rows = static_cast<std::int64_t>(cells.size());
    column.cells = std::move(cells);
    return append(name, DataType::text, rows, std::move(column));
  }
  /// Declares kind or role of the column added last, as a file's attributes would.
  MemoryTable& declare(std::optional<Kind> kind, std::optional<Role> role = std::nullopt) {
    info_.columns.back().declared_kind = kind;
    info_.columns.back().declared_role = role;
    return *this;
  }
  void set_preferred_rows(std::int64_t rows) { preferred_rows_ = rows; }
  /// Hands out columns interleaved in one buffer, as a 2-D dataset or a compound table does, instead of one after the other.
  void set_interleaved(bool interleaved) { interleaved_ = interleaved; }
  /// How often rows were read, for tests that count sweeps.
  [[nodiscard]] std::int64_t rows_read() const { return rows_read_; }

  [[nodiscard]] const TableInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t preferred_rows() const override { return preferred_rows_; }

  void read(std::int64_t first_row, std::int64_t rows, std::span<const int> columns, RawChunk& out) override {
    if (first_row < 0 || rows < 0 || first_row + rows > info_.rows) throw std::out_of_range("MemoryTable::read");
    rows_read_ += rows;
    out.first_row = first_row;
    out.rows = rows;
    out.columns.assign(columns.size(), {});
    out.numeric_storage.assign(interleaved_ ? 1 : columns.size(), {});
    out.text_storage.clear();
    constexpr std::size_t kWidest = 8;
    const std::size_t row_bytes = kWidest * columns.size() + 8;
    if (interleaved_) out.numeric_storage[0].resize(row_bytes * static_cast<std::size_t>(rows));
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const auto index = static_cast<std::size_t>(columns[j]);
      const Column& column = columns_.at(index);
      ColumnView& view = out.columns[j];
      view.type = info_.columns[index].type;
      if (view.type == DataType::text) {
        auto text = std::make_unique<TextCells>();
        for (std::int64_t i = first_row; i < first_row + rows; ++i) text->push_back(column.cells[static_cast<std::size_t>(i)]);
        view.text = text.get();
        out.text_storage.push_back(std::move(text));
      } else if (interleaved_) {
        std::byte* base = out.numeric_storage[0].data() + kWidest * j;
        for (std::int64_t i = 0; i < rows; ++i) {
          std::memcpy(base + static_cast<std::size_t>(i) * row_bytes,
                      column.bytes.data() + static_cast<std::size_t>(first_row + i) * column.width, column.width);
        }
        view.data = base;
        view.stride_bytes = static_cast<std::ptrdiff_t>(row_bytes);
      } else {
        const std::byte* begin = column.bytes.data() + static_cast<std::size_t>(first_row) * column.width;
        out.numeric_storage[j].assign(begin, begin + static_cast<std::size_t>(rows) * column.width);
        view.data = out.numeric_storage[j].data();
        view.stride_bytes = static_cast<std::ptrdiff_t>(column.width);
      }
    }
  }

 private:
  struct Column {
    std::size_t width = 0;
    std::vector<std::byte> bytes;    // numeric cells
    std::vector<std::string> cells;  // text cells
  };

  MemoryTable& append(const std::string& name, DataType type, std::int64_t rows, Column column) {
    if (!info_.columns.empty() && rows != info_.rows) throw std::invalid_argument("MemoryTable: columns differ in length");
    info_.rows = rows;
    info_.columns.push_back({name, type, std::nullopt, std::nullopt});
    columns_.push_back(std::move(column));
    return *this;
  }

  TableInfo info_;
  std::vector<Column> columns_;
  std::int64_t preferred_rows_;
  std::int64_t rows_read_ = 0;
  bool interleaved_ = false;
};

}  // namespace tessera::testing
