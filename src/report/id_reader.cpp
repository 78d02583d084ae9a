// SPDX-License-Identifier: Apache-2.0
#include "report/id_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "report/csv_text.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// Calls `use` with a null pointer to the C++ type that `type` stands for.
template <typename Use>
void with_number_type(DataType type, const Use& use) {
  switch (type) {
    case DataType::int8:
      return use(static_cast<std::int8_t*>(nullptr));
    case DataType::int16:
      return use(static_cast<std::int16_t*>(nullptr));
    case DataType::int32:
      return use(static_cast<std::int32_t*>(nullptr));
    case DataType::int64:
      return use(static_cast<std::int64_t*>(nullptr));
    case DataType::uint8:
      return use(static_cast<std::uint8_t*>(nullptr));
    case DataType::uint16:
      return use(static_cast<std::uint16_t*>(nullptr));
    case DataType::uint32:
      return use(static_cast<std::uint32_t*>(nullptr));
    case DataType::uint64:
      return use(static_cast<std::uint64_t*>(nullptr));
    case DataType::float32:
      return use(static_cast<float*>(nullptr));
    case DataType::float64:
      return use(static_cast<double*>(nullptr));
    case DataType::text:
      break;
  }
}

int find_column(const TableInfo& info, const std::string& name) {
  const auto found =
      std::find_if(info.columns.begin(), info.columns.end(), [&](const ColumnSchema& c) { return c.name == name; });
  if (found == info.columns.end()) {
    throw DataError("there is no column of ids with this name",
                    {.path = info.path.string(), .dataset = info.dataset, .column = name}, "name the column with --id");
  }
  return static_cast<int>(found - info.columns.begin());
}

}  // namespace

IdReader::IdReader(Table& table, const std::string& column, std::optional<Pseudonyms> pseudonyms) : table_(&table) {
  if (column.empty()) return;
  column_ = find_column(table.info(), column);
  type_ = table.info().columns[static_cast<std::size_t>(column_)].type;
  pseudonyms_ = std::move(pseudonyms);
}

void IdReader::read(std::int64_t first_row, std::int64_t rows) {
  if (column_ >= 0) {
    read_column(first_row, rows);
    if (pseudonyms_) make_pseudonyms(rows);
    return;
  }
  dense_.resize(static_cast<std::size_t>(rows) * sizeof(std::int64_t));
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t number = first_row + i;
    std::memcpy(dense_.data() + static_cast<std::size_t>(i) * sizeof number, &number, sizeof number);
  }
}

void IdReader::read_column(std::int64_t first_row, std::int64_t rows) {
  table_->read(first_row, rows, std::span(&column_, 1), chunk_);
  const ColumnView& view = chunk_.columns[0];
  if (type_ == DataType::text) {
    if (const std::size_t nul = view.text->bytes.find('\0'); nul != std::string::npos) {
      const auto& offsets = view.text->offsets;
      const auto cell = std::upper_bound(offsets.begin(), offsets.end(), static_cast<std::int64_t>(nul)) - offsets.begin() - 1;
      const TableInfo& info = table_->info();
      throw DataError(
          "the id holds a NUL byte",
          {info.path.string(), info.dataset, first_row + cell, info.columns[static_cast<std::size_t>(column_)].name},
          "choose another column with --id");
    }
    return;
  }
  const std::size_t width = value_bytes(type_);
  dense_.resize(static_cast<std::size_t>(rows) * width);
  for (std::int64_t i = 0; i < rows; ++i) {
    std::memcpy(dense_.data() + static_cast<std::size_t>(i) * width, view.data + i * view.stride_bytes, width);
  }
}

void IdReader::make_pseudonyms(std::int64_t rows) {
  made_.clear();
  std::string number;
  for (std::int64_t i = 0; i < rows; ++i) {
    number.clear();
    if (type_ != DataType::text) append_number(number, i);
    pseudonyms_->append(type_ == DataType::text ? (*chunk_.columns[0].text)[i] : number, made_.bytes);
    made_.offsets.push_back(std::ssize(made_.bytes));
  }
}

void IdReader::append_to(hdf5::DatasetWriter& dataset) const {
  if (type() == DataType::text) {
    dataset.append(pseudonyms_ ? made_ : *chunk_.columns[0].text);
  } else {
    dataset.append_bytes(dense_.data(), static_cast<std::int64_t>(dense_.size() / value_bytes(type_)));
  }
}

void IdReader::append_to(std::string& csv, std::int64_t row) const {
  if (type() == DataType::text) {
    append_csv_text(csv, pseudonyms_ ? made_[row] : (*chunk_.columns[0].text)[row]);
  } else {
    append_number(csv, row);
  }
}

void IdReader::append_number(std::string& text, std::int64_t row) const {
  with_number_type(type_, [&]<typename T>(T*) {
    T value{};
    std::memcpy(&value, dense_.data() + static_cast<std::size_t>(row) * sizeof value, sizeof value);
    if constexpr (std::is_floating_point_v<T>) {
      append_csv_number(text, value);
    } else if constexpr (std::is_signed_v<T>) {
      append_csv_number(text, std::int64_t{value});
    } else {
      append_csv_number(text, std::uint64_t{value});
    }
  });
}

}  // namespace tessera
