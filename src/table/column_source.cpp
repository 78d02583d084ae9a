// SPDX-License-Identifier: Apache-2.0
#include "table/column_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "hdf5/half.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

using Form = hdf5::ElementType::Form;

void decode_labels(DataType type, hdf5::StridedCells cells, const hdf5::CodeLabels& labels, TextCells& out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) out.push_back(labels.find(hdf5::load_integer(type, cells.at(row))));
}

void decode_halves(hdf5::StridedCells cells, float* out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    std::uint16_t half = 0;
    std::memcpy(&half, cells.at(row), sizeof(half));
    out[row] = hdf5::half_to_float(half);
  }
}

void decode_days(DataType type, hdf5::StridedCells cells, double units_per_day, double* out) {
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    const std::int64_t units = hdf5::load_integer(type, cells.at(row));
    const bool missing = units == std::numeric_limits<std::int64_t>::min();
    out[row] = missing ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(units) / units_per_day;
  }
}

}  // namespace

std::byte* ChunkStorage::numeric(std::size_t bytes) {
  if (next_numeric_ == chunk_.numeric_storage.size()) chunk_.numeric_storage.emplace_back();
  std::vector<std::byte>& buffer = chunk_.numeric_storage[next_numeric_++];
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
}

TextCells& ChunkStorage::text() {
  if (next_text_ == chunk_.text_storage.size()) chunk_.text_storage.push_back(std::make_unique<TextCells>());
  TextCells& cells = *chunk_.text_storage[next_text_++];
  cells.clear();
  return cells;
}

DatasetSource::DatasetSource(hdf5::Dataset dataset, std::vector<DatasetColumn> columns, std::vector<hdf5::CodeLabels> labels)
    : dataset_(std::move(dataset)), columns_(std::move(columns)), labels_(std::move(labels)) {
  dataset_.prepare_to_read();
  for (DatasetColumn& column : columns_) {
    const hdf5::ElementType& element = element_of(column);
    const bool number = element.form == Form::number;
    const bool integer = number && element.type < DataType::float32;
    if (column.decode == Decode::fills ? !number : !integer) column.decode = Decode::none;
    if (number && element.type == DataType::float32) {  // as the cells are rounded
      for (double& fill : column.fills) fill = static_cast<double>(static_cast<float>(fill));
    }
    if (column.decode == Decode::days || column.decode == Decode::fills)
      decoded_row_bytes_ += static_cast<std::int64_t>(sizeof(double));
  }
}

const hdf5::ElementType& DatasetSource::element_of(const DatasetColumn& column) const {
  const hdf5::ElementType& type = dataset_.type();
  return column.member < 0 ? type : type.members[static_cast<std::size_t>(column.member)].type;
}

bool DatasetSource::seen_in_place(const DatasetColumn& column) const {
  return column.decode == Decode::none && element_of(column).form == Form::number;
}

DataType DatasetSource::type_of(int column) const {
  const DatasetColumn& wanted = columns_[static_cast<std::size_t>(column)];
  if (wanted.decode == Decode::labels) return DataType::text;
  const DataType stored = element_of(wanted).type;
  const bool is_double = wanted.decode == Decode::days || (wanted.decode == Decode::fills && stored != DataType::float32);
  return is_double ? DataType::float64 : stored;
}

void DatasetSource::decode_fills(const DatasetColumn& column, hdf5::StridedCells cells, std::byte* out) const {
  constexpr double kWholeBelow = 0x1p53;  // beyond, a float64 may be another number than the integer
  const DataType stored = element_of(column).type;
  for (std::int64_t row = 0; row < cells.rows; ++row) {
    const double value = hdf5::load_number(stored, cells.at(row));
    const bool missing = std::ranges::find(column.fills, value) != column.fills.end();
    if (!missing && stored < DataType::float32 && std::fabs(value) > kWholeBelow) {
      throw DataError(
          "whole numbers beyond 2^53 lose digits beside missing cells, which an attribute says that there are",
          {.path = dataset_.file(), .dataset = dataset_.path(), .column = {}},
          "give it the attribute role = 'id' if it is the id, else remove its attributes _FillValue and missing_value");
    }
    const double seen = missing ? std::numeric_limits<double>::quiet_NaN() : value;
    if (stored == DataType::float32) {
      reinterpret_cast<float*>(out)[row] = static_cast<float>(seen);
    } else {
      reinterpret_cast<double*>(out)[row] = seen;
    }
  }
}

ColumnView DatasetSource::plan_view(const DatasetColumn& column, const std::byte* records, const RowRead& read,
                                    hdf5::ReadTasks& tasks) const {
  const hdf5::ElementType& element = element_of(column);
  const std::size_t member_offset =
      column.member < 0 ? 0 : dataset_.type().members[static_cast<std::size_t>(column.member)].offset_bytes;
  const hdf5::StridedCells cells = {records + member_offset + static_cast<std::size_t>(column.cell) * element.memory_bytes,
                                    static_cast<std::ptrdiff_t>(dataset_.row_bytes()), read.rows};
  if (seen_in_place(column)) return {element.type, cells.data, cells.stride_bytes, nullptr};
  const auto rows = static_cast<std::size_t>(read.rows);
  if (column.decode == Decode::days) {
    std::byte* days = read.storage.numeric(rows * sizeof(double));
    tasks.decode.emplace_back([&element, &column, cells, days](hdf5::UnpackBuffers&) {
      decode_days(element.type, cells, column.units_per_day, reinterpret_cast<double*>(days));
    });
    return {DataType::float64, days, sizeof(double), nullptr};
  }
  if (column.decode == Decode::fills) {
    const DataType type = element.type == DataType::float32 ? DataType::float32 : DataType::float64;
    const std::ptrdiff_t size = type == DataType::float32 ? sizeof(float) : sizeof(double);
    std::byte* numbers = read.storage.numeric(rows * static_cast<std::size_t>(size));
    tasks.decode.emplace_back([this, &column, cells, numbers](hdf5::UnpackBuffers&) { decode_fills(column, cells, numbers); });
    return {type, numbers, size, nullptr};
  }
  if (element.form == Form::half) {
    std::byte* values = read.storage.numeric(rows * sizeof(float));
    tasks.decode.emplace_back(
        [cells, values](hdf5::UnpackBuffers&) { decode_halves(cells, reinterpret_cast<float*>(values)); });
    return {DataType::float32, values, sizeof(float), nullptr};
  }
  TextCells& text = read.storage.text();
  tasks.decode.emplace_back([this, &element, &column, cells, &text](hdf5::UnpackBuffers&) {
    if (column.decode == Decode::labels) {
      decode_labels(element.type, cells, labels_[static_cast<std::size_t>(column.labels)], text);
    } else {
      hdf5::append_text(element, cells, text, column.missing_text);
    }
  });
  return {DataType::text, nullptr, 0, &text};
}

void DatasetSource::plan_library_read(const RowRead& read, std::span<const char> members, bool variable_text,
                                      std::byte* records, hdf5::ReadTasks& tasks) {
  const Hdf5Session session;
  memory_type_ = dataset_.type().memory_type(members);
  if (!memory_type_) hdf5::raise("describe the records", dataset_.file(), dataset_.path());
  // First in line: the library works in one thread, while others do the rest.
  tasks.fetch.emplace(tasks.fetch.begin(),
                      [this, first = read.first, rows = read.rows, variable_text, records](hdf5::UnpackBuffers&) {
                        dataset_.read(first, rows, memory_type_, records);
                        if (variable_text) text_.emplace(dataset_, memory_type_, rows, records);
                      });
}

void DatasetSource::plan(const RowRead& read, std::span<const WantedColumn> wanted, hdf5::ReadTasks& tasks) {
  std::vector<char> members(dataset_.type().members.size(), 0);
  bool in_place = false;
  bool variable_text = false;
  for (const WantedColumn& one : wanted) {
    const DatasetColumn& column = columns_[static_cast<std::size_t>(one.column)];
    if (column.member >= 0) members[static_cast<std::size_t>(column.member)] = 1;
    in_place = in_place || seen_in_place(column);
    variable_text = variable_text || element_of(column).form == Form::variable_text;
  }
  const auto bytes = static_cast<std::size_t>(read.rows * dataset_.row_bytes());
  if (!in_place && scratch_.size() < bytes) scratch_.resize(bytes);
  std::byte* records = in_place ? read.storage.numeric(bytes) : scratch_.data();
  if (!dataset_.plan_read(read.first, read.rows, members, records, tasks)) {
    plan_library_read(read, members, variable_text, records, tasks);
  }
  for (const WantedColumn& one : wanted) {
    read.views[static_cast<std::size_t>(one.slot)] =
        plan_view(columns_[static_cast<std::size_t>(one.column)], records, read, tasks);
  }
}

hdf5::CodeLabels number_labels(std::vector<std::string> labels) {
  hdf5::CodeLabels numbered;
  numbered.codes.resize(labels.size());
  std::iota(numbered.codes.begin(), numbered.codes.end(), 0);
  numbered.labels = std::move(labels);
  return numbered;
}

hdf5::CodeLabels read_member_labels(hdf5::Dataset table, int member) {
  const std::int64_t rows = table.rows();
  DatasetSource source(std::move(table), {{.member = member, .missing_text = {}}});
  RawChunk chunk;
  chunk.columns.resize(1);
  ChunkStorage storage(chunk);
  constexpr WantedColumn kOnly = {0, 0};
  hdf5::ReadTasks tasks;
  source.plan({0, rows, storage, chunk.columns}, {&kOnly, 1}, tasks);
  hdf5::ReadThreads(1).run(tasks);
  const ColumnView& view = chunk.columns.front();
  std::vector<std::string> labels;
  for (std::int64_t row = 0; row < rows; ++row) {
    labels.push_back(view.text != nullptr ? std::string((*view.text)[row])
                                          : hdf5::number_text(view.type, view.data + row * view.stride_bytes));
  }
  return number_labels(std::move(labels));
}

MaskedSource::MaskedSource(std::unique_ptr<DatasetSource> values, std::unique_ptr<DatasetSource> mask)
    : values_(std::move(values)), mask_(std::move(mask)) {}

void MaskedSource::touch_index() const {
  values_->touch_index();
  mask_->touch_index();
}

void MaskedSource::release() noexcept {
  values_->release();
  mask_->release();
}

void MaskedSource::plan(const RowRead& read, std::span<const WantedColumn> wanted, hdf5::ReadTasks& tasks) {
  unmasked_.columns.resize(2);
  ChunkStorage own(unmasked_);
  constexpr WantedColumn kValues = {0, 0};
  constexpr WantedColumn kMask = {0, 1};
  const RowRead into_own = {read.first, read.rows, own, unmasked_.columns};
  values_->plan(into_own, {&kValues, 1}, tasks);
  mask_->plan(into_own, {&kMask, 1}, tasks);

  ColumnView view;
  if (unmasked_.columns[0].text != nullptr) {
    TextCells& text = read.storage.text();
    tasks.combine.emplace_back([this, rows = read.rows, &text](hdf5::UnpackBuffers&) { mask_text(rows, text); });
    view = {DataType::text, nullptr, 0, &text};
  } else {
    std::byte* numbers = read.storage.numeric(static_cast<std::size_t>(read.rows) * sizeof(double));
    tasks.combine.emplace_back(
        [this, rows = read.rows, numbers](hdf5::UnpackBuffers&) { mask_numbers(rows, reinterpret_cast<double*>(numbers)); });
    view = {DataType::float64, numbers, sizeof(double), nullptr};
  }
  for (const WantedColumn& one : wanted) read.views[static_cast<std::size_t>(one.slot)] = view;
}

bool MaskedSource::is_missing(std::int64_t row) const {
  const ColumnView& mask = unmasked_.columns[1];
  return hdf5::load_number(mask.type, mask.data + row * mask.stride_bytes) != 0.0;
}

void MaskedSource::mask_text(std::int64_t rows, TextCells& out) const {
  const TextCells& values = *unmasked_.columns[0].text;
  for (std::int64_t row = 0; row < rows; ++row) out.push_back(is_missing(row) ? std::string_view() : values[row]);
}

void MaskedSource::mask_numbers(std::int64_t rows, double* out) const {
  const ColumnView& values = unmasked_.columns[0];
  for (std::int64_t row = 0; row < rows; ++row) {
    const double number = hdf5::load_number(values.type, values.data + row * values.stride_bytes);
    out[row] = is_missing(row) ? std::numeric_limits<double>::quiet_NaN() : number;
  }
}

}  // namespace tessera
