// SPDX-License-Identifier: Apache-2.0
#include "hdf5/text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "hdf5/half.hpp"
#include "tessera/error.hpp"

namespace tessera::hdf5 {
namespace {

/// Of a column that is read at once; a file may claim more than it holds.
constexpr std::int64_t kMostColumnBytes = std::int64_t{1} << 28;

template <typename T>
T load(const std::byte* cell) {
  T value;
  std::memcpy(&value, cell, sizeof(T));
  return value;
}

/// Calls visit(value) with the number at `cell` in its own type.
template <typename Visit>
auto visit_number(DataType type, const std::byte* cell, Visit visit) {
  switch (type) {
    case DataType::int8:
      return visit(load<std::int8_t>(cell));
    case DataType::int16:
      return visit(load<std::int16_t>(cell));
    case DataType::int32:
      return visit(load<std::int32_t>(cell));
    case DataType::int64:
      return visit(load<std::int64_t>(cell));
    case DataType::uint8:
      return visit(load<std::uint8_t>(cell));
    case DataType::uint16:
      return visit(load<std::uint16_t>(cell));
    case DataType::uint32:
      return visit(load<std::uint32_t>(cell));
    case DataType::uint64:
      return visit(load<std::uint64_t>(cell));
    case DataType::float32:
      return visit(load<float>(cell));
    default:
      return visit(load<double>(cell));
  }
}

std::string_view fixed_cell(const ElementType& type, const std::byte* cell) {
  const char* text = reinterpret_cast<const char*>(cell);
  std::string_view view(text, strnlen(text, type.memory_bytes));
  if (type.space_padded) view = view.substr(0, view.find_last_not_of(' ') + 1);
  return view;
}

}  // namespace

std::int64_t load_integer(DataType type, const std::byte* cell) {
  return visit_number(type, cell, [](auto value) { return static_cast<std::int64_t>(value); });
}

double load_number(DataType type, const std::byte* cell) {
  return visit_number(type, cell, [](auto value) { return static_cast<double>(value); });
}

std::string number_text(DataType type, const std::byte* cell) {
  return visit_number(type, cell, [](auto value) {
    if constexpr (std::is_floating_point_v<decltype(value)>) {
      if (std::isnan(value)) return std::string();
    }
    return fmt::format("{}", value);
  });
}

void append_text(const ElementType& type, StridedCells cells, TextCells& out, std::string_view missing) {
  const auto append = [&](std::string_view text) { out.push_back(text == missing ? std::string_view() : text); };
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    const std::byte* cell = cells.at(row);
    switch (type.form) {
      case ElementType::Form::fixed_text:
        append(fixed_cell(type, cell));
        break;
      case ElementType::Form::variable_text: {
        const char* text = load<const char*>(cell);
        append(text != nullptr ? text : "");
        break;
      }
      case ElementType::Form::half: {
        const float value = half_to_float(load<std::uint16_t>(cell));
        append(number_text(DataType::float32, reinterpret_cast<const std::byte*>(&value)));
        break;
      }
      case ElementType::Form::coded_text:
        append(type.labels.find(load<std::int64_t>(cell)));
        break;
      default:
        append(number_text(type.type, cell));
    }
  }
}

std::vector<std::string> read_text_column(const Dataset& dataset) {
  const Hdf5Session session;
  const ElementType& type = dataset.type();
  const Hdf5Handle memory = type.memory_type();
  const std::int64_t rows = dataset.rows();
  if (dataset.shape().size() != 1 || !(type.is_number() || type.is_text()) ||
      rows > kMostColumnBytes / static_cast<std::int64_t>(type.memory_bytes)) {
    throw DataError(
        "a list of names or labels is to be 1-D, of numbers or text and of at most 256 MiB, not " + dataset.description(),
        {.path = dataset.file(), .dataset = dataset.path(), .column = {}},
        "the file may be damaged; check it with h5dump -H, or write it again");
  }
  std::vector<std::byte> buffer(static_cast<std::size_t>(rows * dataset.row_bytes()));
  dataset.read(0, rows, memory, buffer.data());
  TextCells cells;
  append_text(type, {buffer.data(), static_cast<std::ptrdiff_t>(type.memory_bytes), rows}, cells);
  if (type.form == ElementType::Form::variable_text) dataset.release_text(rows, memory, buffer.data());
  std::vector<std::string> values;
  values.reserve(static_cast<std::size_t>(rows));
  for (std::int64_t row = 0; row < rows; ++row) values.emplace_back(cells[row]);
  return values;
}

}  // namespace tessera::hdf5
